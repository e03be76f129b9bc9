import { describe, expect, test } from 'vitest';
import type { Assignment } from '../../../lib/libvirt/assignment/assignment.ts';
import { parseAssignments } from '../../../lib/libvirt/assignment/assignment-metadata.ts';
import { formatAssignment } from '../../../lib/libvirt/assignment/assignment-text.ts';
import { MACHINE_NAMESPACE } from '../../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { type PciAddress, parsePciAddress } from '../../../lib/pci/address.ts';

const ADDRESS = parsePciAddress('0000:01:00.0') as PciAddress;

const WHOLE: Assignment = {
  alias: 'ua-portal-gun-0000-01-00-0',
  policy: 'exclusive',
  device: {
    address: ADDRESS,
    path: 'pci0000:00/01.0/00.0',
    id: '8086:10c9',
    subsystem: '8086:a03c',
    deviceSerial: { offset: 0x140, value: '52-54-00-ff-ff-00-00-05' },
    productSerial: 'S/N "7" & <8>\'',
    drive: 'S5GX',
    model: 'Fast & "cheap"',
    wwn: '0x2100001b32000001 0x2000001b32000001',
    guid: '0002:c903:0010:0001',
    mac: '02:00:00:00:00:01',
  },
  iommuGroup: 10,
};

const LEAST: Assignment = {
  alias: 'ua-portal-gun-x',
  policy: 'shared',
  device: {
    address: ADDRESS,
    path: 'pci0000:00/1f.7',
    id: '8086:10c9',
    subsystem: null,
    deviceSerial: null,
    productSerial: null,
    mac: null,
  },
  iommuGroup: null,
};

/** A document in which an element stands on a line of its own, in column 7. */
function machine(inside: string, prefix = 'm'): ReturnType<typeof parseXml> {
  const [name, xmlns] = prefix === '' ? ['machine', 'xmlns'] : [`${prefix}:machine`, `xmlns:${prefix}`];
  return parseXml(
    `<domain>\n  <metadata>\n    <${name} ${xmlns}="${MACHINE_NAMESPACE}">\n      ${inside}\n    </${name}>\n  </metadata>\n</domain>`,
    'a.xml',
  );
}

describe('what is kept of an assignment', () => {
  test.each(['m', 'portal-gun', ''])('is read as it was written, with the prefix "%s"', (prefix) => {
    for (const each of [WHOLE, LEAST]) {
      expect(parseAssignments(machine(formatAssignment(each, prefix), prefix))).toEqual([each]);
    }
  });

  test.each(['a\tb', 'a\nb', '\0', '\u009b31m', '\ud800', '\uffff'])(
    'has no serial number that an attribute can not hold: %j',
    (productSerial) => {
      const odd = { ...WHOLE, device: { ...WHOLE.device, productSerial } };
      expect(parseAssignments(machine(formatAssignment(odd, 'm')))).toEqual([
        { ...WHOLE, device: { ...WHOLE.device, productSerial: null } },
      ]);
    },
  );

  test('is of the form of the contract', () => {
    expect(formatAssignment(LEAST, 'portal-gun')).toBe(
      '<portal-gun:assignment alias="ua-portal-gun-x" policy="shared" address="0000:01:00.0" path="pci0000:00/1f.7" id="8086:10c9"/>',
    );
  });

  test('is not taken from elsewhere', () => {
    const one = formatAssignment(LEAST, '');
    for (const inside of [
      `<y:b xmlns:y="urn:y">${formatAssignment(LEAST, 'm')}</y:b>`,
      `<y:assignment xmlns:y="urn:y" alias="x"/>`,
      one.replace('<assignment', '<assignment xmlns="urn:y"'),
      `<!-- ${one} -->`,
    ]) {
      expect(parseAssignments(machine(inside)), inside).toEqual([]);
    }
    expect(parseAssignments(parseXml('<domain><metadata/></domain>', 'a.xml'))).toEqual([]);
    expect(parseAssignments(parseXml('<domain/>', 'a.xml'))).toEqual([]);
  });
});

describe('what is not of its form is refused with its place', () => {
  const good = formatAssignment(WHOLE, 'm');

  test.each<[what: string, pattern: RegExp, replacement: string, message: string]>([
    ['no alias', / alias="[^"]*"/, '', 'alias'],
    ["somebody's alias", /alias="[^"]*"/, 'alias="ua-mine"', 'alias'],
    ['an alias that libvirt does not take', /alias="[^"]*"/, 'alias="ua-portal-gun-&#10;rm -rf"', 'alias'],
    ['an alias of another sort', /alias="[^"]*"/, `alias="ua-portal-gun-'; reboot"`, 'alias'],
    ['no policy', / policy="[^"]*"/, '', 'policy'],
    ['a policy that is none', /policy="[^"]*"/, 'policy="constructor"', 'policy'],
    ['no address', / address="[^"]*"/, '', 'device'],
    ['an address that is none', /address="[^"]*"/, 'address="eth0"', 'device'],
    ['an address of too many digits', /address="[^"]*"/, 'address="000000000:01:00.0"', 'device'],
    ['a path that climbs', /path="[^"]*"/, 'path="../../etc"', 'device'],
    ['a path with a command', /path="[^"]*"/, 'path="pci0000:00/$(reboot)"', 'device'],
    ['ids that are none', / id="[^"]*"/, ' id="8086"', 'device'],
    ['a subsystem that is none', /subsystem="[^"]*"/, 'subsystem="*"', 'device'],
    ['a serial number that is none', / serial="[^"]*"/, ` serial="'"`, 'device'],
    ['a serial number without its place', / serial-at="[^"]*"/, '', 'device'],
    ['a serial number in the header', /serial-at="[^"]*"/, 'serial-at="0x4"', 'device'],
    ['a serial number nowhere', /serial-at="[^"]*"/, 'serial-at="Infinity"', 'device'],
    ['a group that is none', /group="[^"]*"/, 'group="-1"', 'group'],
    ['a group beyond all numbers', /group="[^"]*"/, 'group="99999999999999999999"', 'group'],
    ['an empty group', /group="[^"]*"/, 'group=""', 'group'],
  ])('%s', (_, pattern, replacement, message) => {
    const bad = good.replace(pattern, replacement);
    expect(bad).not.toBe(good);
    expect(() => parseAssignments(machine(bad))).toThrow(
      expect.objectContaining({
        code: 'BAD_XML',
        subject: 'a.xml:4:7',
        message: expect.stringContaining(message),
      }),
    );
  });

  test('two of one alias', () => {
    const twice = machine(`${good}\n      ${good}`);
    expect(() => parseAssignments(twice)).toThrow(
      expect.objectContaining({ code: 'BAD_XML', subject: 'a.xml:5:7' }),
    );
  });
});
