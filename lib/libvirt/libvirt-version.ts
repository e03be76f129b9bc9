import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';

/** The first libvirt whose documents have all features that are used; tested with 9.0 and 11.3. */
const MIN_MAJOR = 8;

/** Prints what {@link checkLibvirtVersion} looks at. */
export const VERSION_COMMAND: readonly string[] = ['version', '--daemon'];

/**
 * Checks the output of `virsh version --daemon`: the versions of virsh itself, and of the libvirt that it connects
 * to.
 *
 * ```
 * Using library: libvirt 11.3.0
 * Running against daemon: 11.3.0
 * ```
 *
 * If the hypervisor cannot report its version, the second line is missing, and is not checked.
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
