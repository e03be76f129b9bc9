import type { PersistedTraits } from '../../pci/persisted/persisted-device.ts';
import { formatXml } from '../xml/xml-text.ts';
import type { Assignment } from './assignment.ts';
import { ASSIGNMENT_ELEMENT } from './assignment-metadata.ts';

// A card may say anything; an attribute holds no control character, and makes a blank of every other white space.
const KEEPABLE = /^[\x20-\x7e\xa0-\ud7ff]*$/;

/**
 * An assignment as it is kept, without a product's serial number that an attribute can't hold.
 *
 * @param prefix what stands for our namespace where it is put
 */
export function formatAssignment(assignment: Assignment, prefix: string): string {
  const { alias, policy, device, iommuGroup, allowed = [], joinsSlot } = assignment;
  const { address, vf } = device;
  const plain = formatXml([
    {
      name: ASSIGNMENT_ELEMENT,
      attributes: {
        alias,
        policy,
        address,
        ...traitAttributes(device, ''),
        ...(vf === undefined ? {} : { vf: String(vf.index), ...traitAttributes(vf.pf, 'pf-') }),
        group: iommuGroup === null ? undefined : String(iommuGroup),
        allow: allowed.length === 0 ? undefined : allowed.join(' '),
        'joins-slot': joinsSlot === true ? 'yes' : undefined,
      },
    },
  ]);
  // What is written alone can't have a prefix, which is declared where it is put.
  return prefix === '' ? plain : plain.replace('<', `<${prefix}:`);
}

/** By what a device is found again, as attributes with a prefix: of a VF those of its PF stand beside its own. */
function traitAttributes(
  { path, id, subsystem, deviceSerial, productSerial, drive, model, wwn, guid, mac }: PersistedTraits,
  prefix: string,
): Readonly<Record<string, string | undefined>> {
  const text = (value: string | null | undefined): string | undefined =>
    value !== null && value !== undefined && KEEPABLE.test(value) ? value : undefined;
  return {
    [`${prefix}path`]: path,
    [`${prefix}id`]: id,
    [`${prefix}subsystem`]: subsystem ?? undefined,
    [`${prefix}serial`]: deviceSerial?.value,
    [`${prefix}serial-at`]: deviceSerial === null ? undefined : `0x${deviceSerial.offset.toString(16)}`,
    [`${prefix}product-serial`]: text(productSerial),
    [`${prefix}drive`]: text(drive),
    [`${prefix}model`]: text(model),
    [`${prefix}wwn`]: text(wwn),
    [`${prefix}guid`]: text(guid),
    [`${prefix}mac`]: mac ?? undefined,
  };
}
