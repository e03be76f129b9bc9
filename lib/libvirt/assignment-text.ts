import type { Assignment } from './assignment.ts';
import { ASSIGNMENT_ELEMENT } from './assignment-metadata.ts';
import { formatXml } from './xml-text.ts';

// A card may say anything; an attribute holds no control character, and makes a blank of every other white space.
const KEEPABLE = /^[\x20-\x7e\xa0-\ud7ff]*$/;

/**
 * An assignment as it is kept, without a product's serial number that an attribute can't hold.
 *
 * @param prefix what stands for our namespace where it is put
 */
export function formatAssignment(
  { alias, policy, device, iommuGroup, allowed = [] }: Assignment,
  prefix: string,
): string {
  const { address, path, id, subsystem, deviceSerial, productSerial, mac } = device;
  const plain = formatXml([
    {
      name: ASSIGNMENT_ELEMENT,
      attributes: {
        alias,
        policy,
        address,
        path,
        id,
        subsystem: subsystem ?? undefined,
        serial: deviceSerial?.value,
        'serial-at': deviceSerial === null ? undefined : `0x${deviceSerial.offset.toString(16)}`,
        'product-serial': productSerial !== null && KEEPABLE.test(productSerial) ? productSerial : undefined,
        mac: mac ?? undefined,
        group: iommuGroup === null ? undefined : String(iommuGroup),
        allow: allowed.length === 0 ? undefined : allowed.join(' '),
      },
    },
  ]);
  // What is written alone can't have a prefix, which is declared where it is put.
  return prefix === '' ? plain : plain.replace('<', `<${prefix}:`);
}
