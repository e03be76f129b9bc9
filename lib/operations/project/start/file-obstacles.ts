import { type HostReader, isFailure } from '../../../host/host-reader.ts';
import { isEphemeral, overlayPath } from '../../../machines/domain/disks.ts';
import type { ResolvedMachine } from '../../../machines/resolved-machine.ts';
import type { Obstacle } from './obstacle.ts';

/** A file that a VM needs. */
export interface NeededFile {
  /** `its kernel`, `the directory of its share data`. */
  readonly what: string;
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Whether the guest writes to it. */
  readonly isWritten: boolean;
}

/** The files and directories that must exist before a VM starts. */
export function neededFiles({ kernel, disks, shares }: ResolvedMachine): readonly NeededFile[] {
  const read = (what: string, path: string | null): readonly NeededFile[] =>
    path === null ? [] : [{ what, path, kind: 'file', isWritten: false }];
  return [
    ...read('its kernel', kernel?.kernel ?? null),
    ...read('its initramfs', kernel?.initrd ?? null),
    ...disks.flatMap(({ name, path, content, readOnly, cdrom }): readonly NeededFile[] => {
      if (content.kind === 'overlay') return read(`its image of disk ${name}`, content.base);
      if (content.kind === 'new') return [];
      return [{ what: `its disk ${name}`, path, kind: 'file', isWritten: !readOnly && !cdrom }];
    }),
    ...shares.map(
      ({ name, path, mode }): NeededFile => ({
        what: `the directory of its share ${name}`,
        path,
        kind: 'directory',
        isWritten: mode === 'rw',
      }),
    ),
  ];
}

/** Files that are missing, and one that prevents libvirt from starting the VM. */
export function fileObstacles(reader: HostReader, machine: ResolvedMachine): readonly Obstacle[] {
  const subject = machine.definition.name;
  const missing = neededFiles(machine).filter(({ path, kind }) => {
    const status = reader.status(path);
    return status === null || isFailure(status) || status.kind !== kind;
  });
  const overlays = machine.disks.filter(isEphemeral).flatMap((disk) => {
    const path = overlayPath(disk, subject);
    const status = reader.status(path);
    return status === null || isFailure(status) ? [] : [{ name: disk.name, path }];
  });
  return [
    ...missing.map(({ what, path, kind }) => ({
      subject,
      message: `${what} does not exist: ${path}`,
      hint:
        kind === 'directory'
          ? `create it: mkdir ${path}`
          : `restore the file, or change the definition; check it: portal check ${subject}`,
    })),
    ...overlays.map(({ name, path }) => ({
      subject,
      message: `the overlay of its disk ${name} is left from a run that was interrupted: ${path}`,
      hint: `remove it: rm ${path}`,
    })),
  ];
}
