import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';

/** The first libvirt that has all that is asked of it, by its documents; it is tried with 9.0 and 11.3. */
const MIN_MAJOR = 8;

/** Prints what {@link checkLibvirtVersion} looks at. */
export const VERSION_COMMAND: readonly string[] = ['version', '--daemon'];

/**
 * Looks at what `virsh version --daemon` says: of virsh itself, and of the libvirt that it asked.
 *
 * ```
 * Using library: libvirt 11.3.0
 * Running against daemon: 11.3.0
 * ```
 *
 * Where the hypervisor can not be asked for its version, the second is not there, and nothing is said of it.
 *
 * @throws PortalGunError LIBVIRT_TOO_OLD
 */
export function checkLibvirtVersion(output: string, uri: string): void {
  const found = [
    ['virsh', /^Using library: libvirt (\d+)(\.[\d.]+)/m],
    [escapeControls(uri), /^Running against daemon: (\d+)(\.[\d.]+)/m],
  ] as const;
  for (const [subject, pattern] of found) {
    const [, major, rest] = pattern.exec(output) ?? [];
    if (major !== undefined && Number(major) < MIN_MAJOR) {
      throw new PortalGunError('LIBVIRT_TOO_OLD', `is libvirt ${major}${rest}`, { subject });
    }
  }
}
