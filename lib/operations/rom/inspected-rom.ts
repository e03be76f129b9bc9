import { createHash } from 'node:crypto';
import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { ExpansionRom } from '../../pci/config/bar.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import { type OptionRom, parseOptionRom } from '../../pci/rom/option-rom.ts';
import { isFor, judgeRom, type RomVerdict } from '../../pci/rom/option-rom-verdicts.ts';
import { refuseUse } from '../change/refusals.ts';
import { failureText, type RomAttempt, romDeviceOf } from './read-roms.ts';

/** An option ROM that was inspected. */
export interface InspectedRom {
  /** A file, or the device that it was read from. */
  readonly source:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'device'; readonly address: PciAddress; readonly isShadow: boolean };
  /** The device that it was checked for; `null` for none. */
  readonly device: PciDevice | null;
  readonly rom: OptionRom;
  readonly sha256: string;
  readonly verdicts: readonly RomVerdict[];
  /** The devices of the host that match the ids in it; `null` if it was checked for one device. */
  readonly meant: readonly PciAddress[] | null;
}

/**
 * A ROM that was read from a device, parsed and checked for it.
 *
 * @throws PortalGunError DEVICE_IN_USE, ROM_UNREADABLE if it was not read
 */
export function romOfDevice(
  device: PciDevice,
  { isShadow }: ExpansionRom,
  attempt: RomAttempt,
): InspectedRom {
  const { address } = device;
  return judged({ kind: 'device', address, isShadow }, bytesOf(address, isShadow, attempt), device);
}

/** A ROM of a file, checked for a device, or for none. */
export function romOfFile(path: string, bytes: Uint8Array, device: PciDevice | null): InspectedRom {
  return judged({ kind: 'file', path }, bytes, device);
}

function judged(source: InspectedRom['source'], bytes: Uint8Array, device: PciDevice | null): InspectedRom {
  const rom = parseOptionRom(bytes);
  const isShadow = source.kind === 'device' && source.isShadow;
  const verdicts = judgeRom(rom, { device: device === null ? null : romDeviceOf(device), isShadow });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { source, device, rom, sha256, verdicts, meant: null };
}

/** The devices that match the ids in a ROM. */
export function meantBy(
  { images }: OptionRom,
  devices: readonly DeviceWith<'vendor' | 'device'>[],
): readonly PciAddress[] {
  const isMeant = ({ vendor, device }: DeviceWith<'vendor' | 'device'>): boolean => {
    const [vendorId, deviceId] = [knownValue(vendor)?.id, knownValue(device)?.id];
    return (
      vendorId !== undefined &&
      deviceId !== undefined &&
      images.some((image) => isFor(image, vendorId, deviceId))
    );
  };
  return devices.filter(isMeant).map(({ address }) => address);
}

/** The bytes that were read. */
export function bytesOf(address: PciAddress, isShadow: boolean, attempt: RomAttempt): Uint8Array {
  if (attempt.kind === 'read') return attempt.bytes;
  if (attempt.kind === 'refused') {
    refuseUse(attempt.refusals);
    throw new RangeError('refused without a reason');
  }
  const { failure, why } = attempt;
  const hint =
    failure.at === 'blocked' || failure.at === 'disable'
      ? `make sure that the ROM is disabled: echo 0 > /sys/bus/pci/devices/${address}/rom`
      : why;
  throw new PortalGunError('ROM_UNREADABLE', `cannot read its ROM: ${failureText(failure, isShadow)}`, {
    subject: address,
    ...(hint === null ? {} : { hint }),
  });
}

/**
 * The register of a device's ROM.
 *
 * @throws PortalGunError NO_ROM if it has none, or if that cannot be read
 */
export function demandRom({ address, rom, sriov }: PciDevice): ExpansionRom {
  const register = knownValue(rom);
  if (register !== undefined) return register;
  const isVf = knownValue(sriov)?.role === 'vf';
  const what =
    rom !== null
      ? 'cannot read whether it has an option ROM'
      : `has no option ROM${isVf ? ' (VFs never have one)' : ''}`;
  throw new PortalGunError('NO_ROM', what, { subject: address });
}
