import { PortalGunError } from '../../base/errors.ts';
import { readBzImage } from '../../machines/boot/bz-image.ts';
import { UNPACKERS } from '../../machines/boot/compression.ts';
import { hasPvhEntry } from '../../machines/boot/elf.ts';
import { moduleFiles } from '../../machines/boot/guest-modules.ts';
import {
  type KernelModule,
  moduleNameOf,
  moduleTables,
  readModule,
} from '../../machines/boot/kernel-modules.ts';
import { runProgram, type Workshop } from './work.ts';

export const MAX_KERNEL_BYTES = 512 * 1024 * 1024;
const MAX_MODULE_BYTES = 64 * 1024 * 1024;
/** The directories in which a package has its modules, below the scratch directory. */
const MODULE_PLACES = ['root/lib/modules', 'root/usr/lib/modules'];
/** Text tables of the kernel's build, which modprobe reads. */
const BUILT_TABLES = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'];

/** The compressed kernel of an unpacked package. */
export interface UnpackedKernel {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/**
 * Finds the kernel below `root` of the scratch directory.
 *
 * @throws PortalGunError UNKNOWN_IMAGE if there is none, or more than one
 */
export async function findKernel({ scratch }: Workshop, subject: string): Promise<UnpackedKernel> {
  const found = (await scratch.list('root/boot')).filter((path) => /\/vmlinu[xz]-[^/]+$/.test(path));
  const [path] = found;
  if (path === undefined || found.length > 1) {
    const what = found.length > 1 ? `has ${found.length} kernels` : 'has no kernel in /boot';
    throw new PortalGunError('UNKNOWN_IMAGE', what, {
      subject,
      hint: 'use a package that has a kernel, for example linux-image-amd64',
    });
  }
  const bytes = await scratch.read(path, MAX_KERNEL_BYTES);
  return { version: path.replace(/^.*\/vmlinu[xz]-/, ''), bytes };
}

/** An uncompressed kernel, or why there is none. */
export type Uncompressed =
  | { readonly bytes: Uint8Array; readonly why: null }
  | { readonly bytes: null; readonly why: string };

/** Unpacks the ELF kernel in a compressed one. QEMU starts it in less than half of the time under emulation. */
export async function uncompressKernel(workshop: Workshop, kernel: Uint8Array): Promise<Uncompressed> {
  const { scratch, ports, onProgress, signal } = workshop;
  const image = readBzImage(kernel);
  if (image === null) return { bytes: null, why: 'the kernel is not a bzImage' };
  if (image.payload === null) return { bytes: null, why: 'the kernel is compressed in an unknown format' };
  const { compression, offset, length } = image.payload;
  const { program, suffix, debianPackage } = UNPACKERS[compression];
  onProgress?.(`Unpacking the kernel (${compression})`);
  await scratch.write(`vmlinux.${suffix}`, kernel.subarray(offset, offset + length));
  const place = `${scratch.path}/vmlinux.${suffix}`;
  const output = compression === 'zstd' || compression === 'lz4' ? [`${scratch.path}/vmlinux`] : [];
  const args =
    compression === 'zstd' ? ['-d', '-q', '-f', place, '-o', ...output] : ['-d', '-f', place, ...output];
  const run = await ports.runner.run(program, args, signal === undefined ? {} : { signal });
  if (run.kind === 'missing') {
    return { bytes: null, why: `${program} is not installed (package ${debianPackage})` };
  }
  if (run.kind === 'failed' || run.exitCode !== 0)
    return { bytes: null, why: `${program} cannot unpack the kernel` };
  const bytes = await scratch.read('vmlinux', MAX_KERNEL_BYTES);
  return hasPvhEntry(bytes)
    ? { bytes, why: null }
    : { bytes: null, why: 'the kernel has no PVH entry (CONFIG_PVH), so QEMU cannot start it uncompressed' };
}

/**
 * Reads modules, and those that they need, from the unpacked packages.
 *
 * @param wanted names; those that the kernel does not have are built in, or left out
 * @returns files by their path from the directory of the version, with the tables that they are found by
 * @throws PortalGunError TOOL_MISSING, TOOL_FAILED
 */
export async function takeModules(
  workshop: Workshop,
  version: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { scratch, onProgress } = workshop;
  onProgress?.('Selecting modules');
  const { base, paths } = await moduleTree(workshop, version);
  const taken = new Map<string, KernelModule>();
  const files = new Map<string, Uint8Array>();
  let missing: ReadonlySet<string> = wanted;
  while (missing.size > 0) {
    const found = moduleFiles(paths, missing);
    await decompress(
      workshop,
      found.map((path) => `${scratch.path}/${base}/${path}`),
    );
    for (const packed of found) {
      const path = packed.replace(/\.ko\..*$/, '.ko');
      const bytes = await scratch.read(`${base}/${path}`, MAX_MODULE_BYTES);
      const module = readModule(path, bytes);
      if (module === null)
        throw new PortalGunError('UNKNOWN_IMAGE', 'is not a kernel module', { subject: packed });
      taken.set(module.name, module);
      files.set(path, bytes);
    }
    const needed = [...taken.values()].flatMap(({ depends, before }) => [...depends, ...before]);
    const known = new Set(paths.map(moduleNameOf));
    missing = new Set(needed.filter((name) => !taken.has(name) && known.has(name)));
  }
  for (const name of BUILT_TABLES) {
    if ((await scratch.list(base)).includes(`${base}/${name}`)) {
      files.set(name, await scratch.read(`${base}/${name}`, MAX_MODULE_BYTES));
    }
  }
  for (const [name, table] of moduleTables([...taken.values()])) files.set(name, table);
  return files;
}

async function moduleTree(
  { scratch }: Workshop,
  version: string,
): Promise<{ readonly base: string; readonly paths: readonly string[] }> {
  for (const place of MODULE_PLACES) {
    const base = `${place}/${version}`;
    const paths = (await scratch.list(base)).map((path) => path.slice(base.length + 1));
    if (paths.length > 0) return { base, paths };
  }
  throw new PortalGunError('UNKNOWN_IMAGE', 'the packages have no modules for this kernel', {
    subject: version,
  });
}

/** Unpacks files in their place: a guest loads modules faster if they are not compressed. */
async function decompress(workshop: Workshop, paths: readonly string[]): Promise<void> {
  for (const [compression, options] of [
    ['xz', ['-d', '-f']],
    ['zstd', ['-d', '-q', '-f', '--rm']],
    ['gzip', ['-d', '-f']],
  ] as const) {
    const { program, suffix, debianPackage } = UNPACKERS[compression];
    const packed = paths.filter((path) => path.endsWith(`.${suffix}`));
    if (packed.length === 0) continue;
    await runProgram(workshop, program, [...options, ...packed], {
      failure: 'cannot unpack modules',
      hint: `install ${debianPackage}`,
    });
  }
}
