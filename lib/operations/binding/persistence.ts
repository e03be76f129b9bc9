import { PortalGunError } from '../../base/errors.ts';
import type { User } from '../../host/host-ports.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import {
  BINDINGS_PATH,
  type PersistedBinding,
  parseBindings,
} from '../../plan/binding/persisted-bindings.ts';
import { INITRAMFS_STATE_PATH } from '../../plan/change-states.ts';
import type { BootState, PersistedRecords } from '../../plan/persistence/persistence-files.ts';
import type { PersistenceState } from '../../plan/persistence/plan-persistence.ts';
import { type PersistedPf, parseVfs, VFS_PATH } from '../../plan/sriov/persisted-vfs.ts';

/** The persisted records of a host, and the means that restore them at a boot. */
export interface Persistence extends PersistenceState, PersistedRecords {
  /**
   * Whether the host does not contain the records: then it is assumed to have none, and to use systemd and
   * initramfs-tools.
   */
  readonly isGuess: boolean;
}

/** @throws PortalGunError BAD_RECORD, PERMISSION_DENIED */
export function readPersistence(host: HostReader, user: Pick<User, 'programWords'>): Persistence {
  const reading = host.readText(BINDINGS_PATH);
  const isGuess = isFailure(reading) && reading.unknown === 'unread';
  const textOf = (path: string): string | null => readOwn(host, path);
  const initramfs = textOf(INITRAMFS_STATE_PATH)?.trim() ?? null;
  const records = { bindings: readBindings(host), pfs: readPersistedPfs(host) };
  return { ...records, isGuess, boot: bootOf(host, isGuess, user.programWords()), textOf, initramfs };
}

/**
 * The persisted bindings.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED
 */
export function readBindings(host: HostReader): readonly PersistedBinding[] {
  return parseBindings(readOwn(host, BINDINGS_PATH));
}

/**
 * The PFs that get VFs at each boot.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED
 */
export function readPersistedPfs(host: HostReader): readonly PersistedPf[] {
  return parseVfs(readOwn(host, VFS_PATH));
}

/**
 * A file of portal-gun; `null` if there is none, and if a captured host does not contain it.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED
 */
export function readOwn(host: HostReader, path: string): string | null {
  const reading = host.readText(path);
  if (!isFailure(reading)) return reading;
  if (reading.unknown === 'unread') return null;
  const code = reading.unknown === 'denied' ? 'PERMISSION_DENIED' : 'BAD_RECORD';
  throw new PortalGunError(code, `cannot be read: ${reading.detail}`, { subject: path });
}

function bootOf(host: HostReader, isGuess: boolean, program: readonly string[] | null): BootState {
  if (program === null) {
    throw new PortalGunError(
      'CANNOT_PERSIST',
      'the program file no longer exists, so systemd cannot start it at boot',
      {
        subject: 'pci',
      },
    );
  }
  if (isGuess) return { initramfs: 'initramfs-tools', systemd: true, program };
  const has = (...paths: readonly string[]) => paths.some((path) => host.exists(path));
  const others = (['dracut', 'mkinitcpio', 'booster'] as const).find((name) =>
    has(`/usr/bin/${name}`, `/usr/sbin/${name}`),
  );
  // The update-initramfs of that dracut does not run hooks of initramfs-tools.
  const isDebians =
    has('/usr/sbin/update-initramfs') && (others !== 'dracut' || has('/usr/sbin/mkinitramfs'));
  return {
    initramfs: isDebians ? 'initramfs-tools' : (others ?? null),
    systemd: has('/usr/lib/systemd/systemd', '/lib/systemd/systemd'),
    program,
  };
}
