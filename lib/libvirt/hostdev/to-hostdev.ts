import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, knownValue } from '../../base/known.ts';
import { type PciAddress, slotOf } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { PassthroughNote } from '../../pci/group/passthrough.ts';
import type { PfLink } from '../../pci/sriov/pf-link.ts';
import { boundToOwnDriver, ownVfioDriver } from '../../pci/vfio-state.ts';
import { type PciHostDevice, plainHostDevice, plainVfInterface, type VfInterface } from './host-device.ts';
import { decideRom, type RomWish } from './rom-policy.ts';

/** The given options for passing a device to a VM. */
export interface HostdevOptions {
  /** `null`: an interface for a VF of a network card, a hostdev for all others. */
  readonly as: 'hostdev' | 'interface' | null;
  readonly rom: RomWish;
  /** The category of the VMs that get it; `null` if unknown. */
  readonly category: string | null;
  /** `null`: yes, unless the device's own driver passes it to VMs. */
  readonly isManaged: boolean | null;
  readonly mac: string | null;
  readonly vlan: number | null;
  readonly bootOrder: number | null;
  readonly persistentPeer: string | null;
}

/** A device that is passed to a VM, with notes on it. */
export interface PlannedHostdev {
  readonly device: PciHostDevice | VfInterface;
  readonly notes: readonly PassthroughNote[];
}

/** The facts about the PF of a VF that are not its own; `null` if it has no network interface. */
export type PfLinks = ReadonlyMap<PciAddress, PfLink | null>;

/** Notes on passing a device through that always prevent it. */
const NEVER = ['behind-controller', 'iommu', 'bridge', 'not-answering', 'without-iommu', 'vf-with-pf'];
/** Notes without interest for a user of the XML: there is no problem, or pci bind reports it. */
const SILENT = ['bound', 'reset', 'group-alone', 'group-bridges', 'loses', 'loss-unknown'];

/**
 * Decides how a device is passed to a VM.
 *
 * @param passthrough the conditions for passing it through
 * @throws PortalGunError CANNOT_BE_GIVEN for a device that always stays with the host; BAD_ARGUMENT for an option
 * that does not
 *   apply to the device
 */
export function toHostdev(
  device: DeviceWith<'class' | 'sriov' | 'rom' | 'driver' | 'vfio'>,
  wishes: HostdevOptions,
  passthrough: readonly PassthroughNote[],
  pfLinks: PfLinks,
): PlannedHostdev {
  const never = passthrough.find(({ level, code }) => level === 'blocks' && NEVER.includes(code));
  if (never !== undefined) {
    throw new PortalGunError('CANNOT_BE_GIVEN', never.message, { subject: device.address });
  }
  const isManaged = wishes.isManaged ?? ownVfioDriver(device) === null;
  refuseManaged(device, isManaged);
  const notes = passthrough.filter(({ code }) => !SILENT.includes(code) && !(code === 'bind' && isManaged));
  const { address } = device;
  const role = knownValue(device.sriov);
  const pf = isNetworkVf(device) && role?.role === 'vf' ? role.physicalFunction : null;
  const link = pf === null ? undefined : pfLinks.get(pf);
  const asInterface = wishes.as === 'interface' || (wishes.as === null && pf !== null && link !== null);
  if (wishes.as === 'interface' && pf === null) {
    throw new PortalGunError('BAD_ARGUMENT', `${address} is not a VF of a network card`, {
      subject: '--as',
      hint: 'only a VF of a network card can be an interface; omit --as',
    });
  }
  const { rom, notes: romNote } = decideRom(device, wishes.rom, wishes);
  const common = {
    isManaged,
    bootOrder: wishes.bootOrder,
    persistentPeer: wishes.persistentPeer,
    rom,
  };
  if (asInterface && pf !== null) {
    const vlans = wishes.vlan === null ? [] : [wishes.vlan];
    return {
      device: { ...plainVfInterface(address), ...common, mac: wishes.mac, vlans },
      notes: [...notes, ...interfaceNotes(wishes, pf, link), ...romNote],
    };
  }
  if (wishes.mac !== null || wishes.vlan !== null) {
    throw new PortalGunError('BAD_ARGUMENT', `applies only to VFs; ${address} becomes a <hostdev>`, {
      subject: wishes.mac === null ? '--vlan' : '--mac',
      hint: pf === null ? 'use it only for VFs of network cards' : 'set it on the host: pci sriov set',
    });
  }
  return {
    device: { ...plainHostDevice(address), ...common },
    notes: [...notes, ...vfNotes(pf, link, wishes.as), ...romNote],
  };
}

/** With `managed='yes'` libvirt binds the VF of a vGPU to vfio-pci, and the vGPU no longer exists. */
function refuseManaged(device: DeviceWith<'driver' | 'vfio'>, isManaged: boolean): void {
  const own = boundToOwnDriver(device);
  if (!isManaged || own === null || ownVfioDriver(device) === null) return;
  throw new PortalGunError('CANNOT_BE_GIVEN', own, {
    subject: device.address,
    hint: 'omit --managed, or use --managed no: libvirt then does not change its driver',
  });
}

/**
 * The groups of devices for one guest slot each: the functions of a card, or a VF by itself, because each VF can be
 * removed separately.
 */
export function cardsOf(devices: readonly DeviceWith<'sriov'>[]): readonly (readonly PciAddress[])[] {
  const cards = new Map<string, PciAddress[]>();
  for (const { address, sriov } of devices) {
    const key = knownValue(sriov)?.role === 'vf' ? address : slotOf(address);
    const card = cards.get(key);
    if (card === undefined) cards.set(key, [address]);
    else card.push(address);
  }
  return [...cards.values()];
}

/** Whether a function is in one guest slot with the others of its card: it is on the host, and not a VF. */
export function isOfCardAmong(devices: readonly DeviceWith<'sriov'>[]): (address: PciAddress) => boolean {
  const roles = new Map(devices.map(({ address, sriov }) => [address, sriov] as const));
  return (address) => {
    const sriov = roles.get(address);
    return sriov !== undefined && !isUnknown(sriov) && sriov?.role !== 'vf';
  };
}

/** Whether a function is a VF of a network card, so that its PF sets its MAC and VLAN. */
export function isNetworkVf({ class: deviceClass, sriov }: DeviceWith<'class' | 'sriov'>): boolean {
  return knownValue(sriov)?.role === 'vf' && knownValue(deviceClass)?.code.startsWith('02') === true;
}

function interfaceNotes(
  { mac }: HostdevOptions,
  pf: PciAddress,
  link: PfLink | null | undefined,
): readonly PassthroughNote[] {
  const notes: PassthroughNote[] = [];
  if (link === undefined) {
    const message = `its PF ${pf} must be up before the VM starts; its state could not be read`;
    notes.push({ level: 'unknown', code: 'pf-unknown', message });
  } else if (link === null) {
    const message = `its PF ${pf} has no network interface on the host; libvirt needs one to set MAC and VLAN`;
    notes.push({ level: 'needs', code: 'pf-without-interface', message });
  } else if (link.isUp !== true) {
    const isDown = link.isUp === false;
    const state = isDown ? 'is down; it' : 'may be down; it';
    const message = `its PF ${pf} (${link.interface}) ${state} must be up before the VM starts: pci sriov set ${pf}`;
    notes.push({ level: isDown ? 'needs' : 'unknown', code: isDown ? 'pf-down' : 'pf-unknown', message });
  }
  if (mac === null) {
    const message = 'has no MAC: libvirt generates one when the VM is defined; use --mac to set it';
    notes.push({ level: 'warns', code: 'no-mac', message });
  }
  return notes;
}

function vfNotes(
  pf: PciAddress | null,
  link: PfLink | null | undefined,
  as: HostdevOptions['as'],
): readonly PassthroughNote[] {
  if (pf === null) return [];
  const why = as === null && link === null ? `its PF ${pf} has no network interface on the host; ` : '';
  const message = `becomes a <hostdev>: ${why}only the host sets its MAC and VLAN: pci sriov set ${pf}`;
  return [{ level: 'warns', code: 'vf-as-hostdev', message }];
}
