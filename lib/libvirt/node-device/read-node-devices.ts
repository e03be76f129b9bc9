import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { Virsh } from '../virsh.ts';
import type { NodeDevice } from './node-device.ts';
import { parseNodeDevice } from './node-device-parser.ts';

/** A kind of node devices for `virsh nodedev-list --cap`. */
export type NodeKind = 'pci' | 'net' | 'storage';

/** The facts that libvirt has about the hardware of its host. */
export interface NodeReading {
  /** The host name in libvirt; `null` if it is not reported. */
  readonly hostName: string | null;
  /** In the order of libvirt. */
  readonly devices: readonly NodeDevice[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads node devices of some kinds by `virsh nodedev-list --cap KINDS` and `virsh nodedev-dumpxml NAME`: two
 * processes, however many devices there are. An unreadable device never hides the others.
 *
 * @throws PortalGunError NO_LIBVIRT if libvirt lists none, and the errors of {@link Virsh}
 */
export async function readNodeDevices(virsh: Virsh, kinds: readonly NodeKind[]): Promise<NodeReading> {
  const readOnly = { readOnly: true };
  const [named, listed] = await virsh.runAll(
    [['hostname'], ['nodedev-list', '--cap', kinds.join(',')]],
    readOnly,
  );
  if (listed === undefined || listed.error !== null) {
    throw new PortalGunError('NO_LIBVIRT', `cannot list devices: ${escapeControls(listed?.error ?? '')}`, {
      subject: escapeControls(virsh.uri),
      hint: 'start its driver for node devices: systemctl start virtnodedevd, or libvirtd',
    });
  }
  const names = listed.output.split('\n').filter((name) => name !== '');
  const answers = await virsh.runAll(
    names.map((name) => ['nodedev-dumpxml', '--device', name]),
    readOnly,
  );
  const devices: NodeDevice[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, { output, error }] of answers.entries()) {
    const subject = escapeControls(names[index] ?? '');
    const device = error === null ? tryParse(output, subject) : `libvirt does not report it: ${error}`;
    if (typeof device !== 'string') devices.push(device);
    // It disappeared after it was listed.
    else if (!/not found|no node device/i.test(error ?? ''))
      diagnostics.push({ subject, code: 'NODE_DEVICE_BROKEN', message: device });
  }
  return { hostName: named?.error === null ? named.output.trim() || null : null, devices, diagnostics };
}

/** The device, or the error in its document. */
function tryParse(xml: string, name: string): NodeDevice | string {
  try {
    return parseNodeDevice(xml, name);
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return `its document cannot be read: ${error.subject ?? ''} ${error.message}`;
  }
}
