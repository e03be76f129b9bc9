import { isPciAddress, type PciAddress } from '../pci/address.ts';
import { placeInXml, type XmlDocument } from './xml-document.ts';
import { childOf, childrenOf, type XmlElement } from './xml-element.ts';

/** A device of the host that a machine is given. */
export type HeldDevice =
  /** A PCI function: as `<hostdev>`, or as `<interface type='hostdev'>`, which is for VFs of network cards. */
  | {
      readonly kind: 'hostdev' | 'interface';
      readonly address: PciAddress;
      /** Where in the document it stands, line and column: `galaxy0:24:5`. */
      readonly place: string;
    }
  /** A mediated device, by its UUID. */
  | { readonly kind: 'mdev'; readonly uuid: string; readonly place: string };

/**
 * The devices of the host that a `<domain>` document holds.
 *
 *     <hostdev mode='subsystem' type='pci' managed='yes'>
 *       <source>
 *         <address domain='0x0000' bus='0x01' slot='0x10' function='0x2'/>
 *       </source>
 *     </hostdev>
 *
 * https://libvirt.org/formatdomain.html#host-device-assignment
 */
export function heldDevices(document: XmlDocument, report: (message: string) => void): readonly HeldDevice[] {
  const devices = childOf(document.root, 'devices');
  const given = [
    ...childrenOf(devices, 'hostdev'),
    ...childrenOf(devices, 'interface').filter(({ attributes }) => attributes.get('type') === 'hostdev'),
  ].sort((a, b) => a.start - b.start);
  return given.flatMap((element): readonly HeldDevice[] => {
    const place = placeInXml(document, element.start);
    const source = childOf(childOf(element, 'source'), 'address');
    const type = element.attributes.get('type');
    if (element.name === 'hostdev' && type !== 'pci' && type !== 'mdev') return [];
    if (type === 'mdev') {
      const uuid = source?.attributes.get('uuid');
      if (uuid !== undefined) return [{ kind: 'mdev', uuid, place }];
    } else {
      const address = source === undefined ? undefined : addressOf(source);
      if (address !== undefined) {
        return [{ kind: element.name === 'hostdev' ? 'hostdev' : 'interface', address, place }];
      }
    }
    report(`the source of a device that it is given makes no sense (${place})`);
    return [];
  });
}

function addressOf({ attributes }: XmlElement): PciAddress | undefined {
  const [domain, bus, slot, fn] = ['domain', 'bus', 'slot', 'function'].map((name) =>
    numberOf(attributes.get(name) ?? '0'),
  );
  if (domain === undefined || bus === undefined || slot === undefined || fn === undefined) return undefined;
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const address = `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
  return isPciAddress(address) ? address : undefined;
}

/** A number as libvirt takes it: `0x1a`, `26`, and `032` by eights. */
function numberOf(text: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]{1,11}$/.test(text)) return Number.parseInt(text, 8);
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
