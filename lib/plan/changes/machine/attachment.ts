import { quote } from '../../../base/shell-command.ts';
import type { PciAddress } from '../../../pci/address.ts';
import type { ChangeKind, OtherForms } from '../../change-kind.ts';
import { arePlaces, isAddress, isOfMachine, isParts, type Parts } from '../../change-parts.ts';
import type { PluggedDevice, VfPlace } from '../../change-states.ts';
import { vfLine } from '../shell-lines.ts';
import { isAlias } from './assignment.ts';

/**
 * A running VM gets a device, or loses one. Its definition is unchanged: the device is lost when the VM stops. If the
 * VM stopped in the meantime, there is nothing to undo.
 */
export interface AttachmentChange {
  readonly kind: 'attachment';
  /** The libvirt of the VM. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  /** The address of the device on the host. */
  readonly address: PciAddress;
  /** `null` if the VM does not have it. One of the two is `null`. */
  readonly from: PluggedDevice | null;
  readonly to: PluggedDevice | null;
  /** The VF that it must be when it is attached. */
  readonly vfs?: readonly VfPlace[];
}

export const attachmentKind = {
  hasForm(parts, other) {
    const { address, from, to, vfs } = parts;
    if (!isOfMachine(parts) || !isAddress(address) || !arePlaces(vfs)) return false;
    const devices = [from, to].filter((each) => each !== null);
    return (
      devices.length > 0 && devices.every((each) => isPlugged(each, other) && each['address'] === address)
    );
  },
  /** `about` is the name of the VM. */
  words: ({ address, to }, about) =>
    `${about}: ${to === null ? 'detach' : 'attach'} ${address} while it runs`,
  script: {
    parts: ({ vfs }) => ['running-machines', ...(vfs === undefined ? [] : ['vfs' as const])],
    checks: ({ address, to }, except) => (to === null ? [] : [`take ${address} vfio-pci${except}`]),
    lines({ uri, machine, from, to, vfs = [] }, xml) {
      const at = `${quote(uri)} ${machine}`;
      if (to !== null) {
        return [...vfs.map(vfLine), `plug ${at} ${quote(to.alias ?? '')} ${quote(xml.device(to))}`];
      }
      return [`unplug ${at} ${quote(from?.alias ?? '')}`];
    },
  },
  madeBy: 'libvirt',
  // A VM releases a device by its alias.
  functions: ({ address, ...change }, direction) => (change[direction] === null ? [] : [address]),
  removesFunctions: false,
  safety: ({ address, ...change }, direction) =>
    change[direction] === null ? { asks: 'nothing' } : { asks: 'plugging', functions: [address] },
  loads: () => null,
  touches: ({ address, machine }) => [address, machine],
  endsWithBoot: () => true,
  unlessUndone: 'stuck',
} satisfies ChangeKind<AttachmentChange>;

function isPlugged(value: unknown, { isHostDevice }: OtherForms): value is Parts {
  return isHostDevice(value) && isParts(value) && isAlias(value['alias']) && isAddress(value['address']);
}
