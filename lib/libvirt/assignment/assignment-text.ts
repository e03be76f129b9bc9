import type { PersistedTraits } from '../../pci/persisted/persisted-device.ts';
import { formatXml } from '../xml/xml-text.ts';
import type { Assignment } from './assignment.ts';
import { ASSIGNMENT_ELEMENT } from './assignment-metadata.ts';

// A card may report any text, but an attribute cannot contain control characters, and XML turns other whitespace into
// spaces.
const KEEPABLE = /^[\x20-\x7e\xa0-\ud7ff]*$/;

/**
 * The record of an assignment, without a product serial number that an attribute cannot contain.
 *
 * @param prefix the prefix of portal-gun's namespace at that place
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
  // An element on its own cannot have a prefix, because the prefix is declared at its place in the document.
  return prefix === '' ? plain : plain.replace('<', `<${prefix}:`);
}

/** The traits of a device as attributes with a prefix; for a VF, those of its PF are beside its own. */
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
