import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { Virsh } from '../virsh.ts';
import type { NodeDevice } from './node-device.ts';
import { parseNodeDevice } from './node-device-parser.ts';

/** A kind of node devices, as `virsh nodedev-list --cap` takes it. */
export type NodeKind = 'pci' | 'net' | 'storage';

/** The facts that libvirt has about the hardware of its host. */
export interface NodeReading {
  /** What libvirt calls its host; `null` where it does not say. */
  readonly hostName: string | null;
  /** In libvirt's order. */
  readonly devices: readonly NodeDevice[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads node devices of some kinds by `virsh nodedev-list --cap KINDS` and `virsh nodedev-dumpxml NAME`: two processes,
 * however many there are. What can't be read of one never hides the others.
 *
 * @throws PortalGunError NO_LIBVIRT where it lists none, and what {@link Virsh} throws
 */
export async function readNodeDevices(virsh: Virsh, kinds: readonly NodeKind[]): Promise<NodeReading> {
  const readOnly = { readOnly: true };
  const [named, listed] = await virsh.runAll(
    [['hostname'], ['nodedev-list', '--cap', kinds.join(',')]],
    readOnly,
  );
  if (listed === undefined || listed.error !== null) {
    throw new PortalGunError('NO_LIBVIRT', `lists no devices: ${escapeControls(listed?.error ?? '')}`, {
      subject: escapeControls(virsh.uri),
      hint: 'its driver for node devices has to run: systemctl start virtnodedevd, or libvirtd',
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
    const device = error === null ? tryParse(output, subject) : `libvirt tells nothing of it: ${error}`;
    if (typeof device !== 'string') devices.push(device);
    // It went after it was listed.
    else if (!/not found|no node device/i.test(error ?? ''))
      diagnostics.push({ subject, code: 'NODE_DEVICE_BROKEN', message: device });
  }
  return { hostName: named?.error === null ? named.output.trim() || null : null, devices, diagnostics };
}

/** The device, or what is wrong with its document. */
function tryParse(xml: string, name: string): NodeDevice | string {
  try {
    return parseNodeDevice(xml, name);
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return `its document can't be read: ${error.subject ?? ''} ${error.message}`;
  }
}
