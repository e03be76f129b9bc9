/** A file that a process has mapped into its memory. */
interface MappedFile {
  readonly path: string;
  /** As `/proc/PID/map_files` names it: `7f1a2c000000-7f1a2c010000`. */
  readonly range: string;
}

/** A possible node, or a file of a device in sysfs. */
const MAPPED = /^0*([0-9a-f]+)-0*([0-9a-f]+) \S+ \S+ \S+ \d+ +(\/(?:.*\/)?(?:dev|devices)\/.*)$/gm;

/**
 * The files in a table of `/proc/PID/maps` that may be device nodes, each path once: `7f1a2c000000-7f1a2c010000 rw-s
 * 00000000 00:06 524    /dev/dri/renderD128`.
 */
export function mappedFiles(table: string): readonly MappedFile[] {
  // Most processes have thousands of lines without such a path.
  if (!/\/(?:dev|devices)\//.test(table)) return [];
  const found = new Map<string, MappedFile>();
  for (const [, start, end, path = ''] of table.matchAll(MAPPED)) {
    if (!found.has(path)) found.set(path, { path, range: `${start}-${end}` });
  }
  return [...found.values()];
}

/** Whether an open file in `/proc/PID/fd` is an io_uring, which holds files open by itself. */
export function isIoUring(path: string): boolean {
  return path === 'anon_inode:[io_uring]';
}

/**
 * The files that are registered with a ring, from `/proc/PID/fdinfo/3`; older kernels show the last part of a path:
 *
 *     UserFiles:	2
 *         0: /dev/nvme0n1
 *     UserBufs:	0
 */
export function ringFiles(text: string): readonly string[] {
  const [, listed = ''] = /^UserFiles:.*\n((?: +\d+:.*\n?)*)/m.exec(text) ?? [];
  return [...listed.matchAll(/^ +\d+: (\S.*)$/gm)].map(([, path = '']) => path);
}
