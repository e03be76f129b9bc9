import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAssigned } from '../../../lib/libvirt/assignment/assigned-devices.ts';
import {
  type AssignedDevice,
  type AssignedState,
  aliasOf,
} from '../../../lib/libvirt/assignment/assignment.ts';
import { isSameState, withAssigned } from '../../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { parseHostDevices } from '../../../lib/libvirt/hostdev/host-device-parser.ts';
import { MACHINE_NAMESPACE } from '../../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml, type XmlDocument } from '../../../lib/libvirt/xml/xml-document.ts';
import { type PciAddress, parsePciAddress } from '../../../lib/pci/address.ts';
import { corpusFolder } from '../../support/corpus.ts';

const NOTHING: AssignedState = { devices: [], rootPorts: [] };

function at(text: string): PciAddress {
  const address = parsePciAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

/** A device that is given on a bus of the guest. */
function given(short: string, bus = 0x20): AssignedDevice {
  const address = at(short);
  const alias = aliasOf(address);
  return {
    alias,
    assignment: {
      alias,
      policy: 'shared',
      device: {
        address,
        path: 'pci0000:00/06.0/00.0',
        id: '8086:10d3',
        subsystem: '8086:a03c',
        deviceSerial: { offset: 0x140, value: '52-54-00-ff-ff-00-00-05' },
        productSerial: `SN "1" & <2>`,
        mac: '02:00:00:00:00:01',
      },
      iommuGroup: 15,
    },
    device: {
      ...plainHostDevice(address),
      alias,
      guestAddress: { bus, slot: 0, function: 0, multifunction: false },
    },
  };
}

function parse(text: string): XmlDocument {
  return parseXml(text, 'a.xml');
}

function changed(text: string, to: AssignedState): string {
  return withAssigned(parse(text), to);
}

/** The state of a document with more in it. */
function withMore(
  text: string,
  devices: readonly AssignedDevice[],
  rootPorts: readonly number[],
): AssignedState {
  const from = readAssigned(parse(text));
  return {
    devices: [...from.devices, ...devices],
    rootPorts: [...new Set([...from.rootPorts, ...rootPorts])].sort((a, b) => a - b),
  };
}

/** What a document is once devices were put in and taken out again. */
function thereAndBack(text: string, to: AssignedState): string {
  const from = readAssigned(parse(text));
  const between = changed(text, to);
  expect(isSameState(readAssigned(parse(between)), to)).toBe(true);
  expect(changed(between, to)).toBe(between);
  return changed(between, from);
}

const ONE = given('01:00.0');
const TWO = given('02:00.1', 0x21);

/** Whether devices can be put in: some documents of the corpus are there to be refused. */
function isDefinition(document: XmlDocument): boolean {
  try {
    parseHostDevices(document);
    return document.root.children.some(({ name }) => name === 'devices');
  } catch {
    return false;
  }
}

const OURS = `<portal-gun:machine xmlns:portal-gun="${MACHINE_NAMESPACE}" category="router"/>`;
const domain = (metadata: string, devices = '<emulator>/usr/bin/qemu</emulator>'): string =>
  `<domain type='kvm'>\n  <name>a</name>\n${metadata}  <devices>\n    ${devices}\n  </devices>\n</domain>\n`;

describe('putting devices in and taking them out gives the original to the byte', () => {
  const DOCUMENTS: Readonly<Record<string, string>> = {
    'no metadata': domain(''),
    'a category': domain(`  <metadata>\n    ${OURS}\n  </metadata>\n`),
    'a category on one line': domain(`  <metadata>${OURS}</metadata>\n`),
    "other people's metadata": domain(
      `  <metadata>\n    <b:os xmlns:b="urn:b">\n      <b:x/>\n    </b:os>\n    <!-- ours is not here -->\n  </metadata>\n`,
    ),
    "ours between other people's": domain(
      `  <metadata>\n    <a:x xmlns:a='urn:a'/>\n    ${OURS}\n    <b:y xmlns:b='urn:b'/>\n  </metadata>\n`,
    ),
    'another prefix of ours': domain(
      `  <metadata>\n    <m:machine xmlns:m='${MACHINE_NAMESPACE}' category='router'/>\n  </metadata>\n`,
    ),
    'ours as the namespace of all within': domain(
      `  <metadata>\n    <machine xmlns='${MACHINE_NAMESPACE}' category='router'/>\n  </metadata>\n`,
    ),
    'our namespace declared further out': domain(
      `  <metadata xmlns:m='${MACHINE_NAMESPACE}'>\n    <m:machine category='router'/>\n  </metadata>\n`,
    ),
    'something else in ours': domain(
      `  <metadata>\n    <m:machine xmlns:m='${MACHINE_NAMESPACE}'>\n      <m:note>keep</m:note>\n    </m:machine>\n  </metadata>\n`,
    ),
    'comments everywhere': domain(
      `  <metadata>\n    <!-- a -->\n    ${OURS}\n    <!-- b -->\n  </metadata>\n  <!-- c -->\n`,
      `<!-- first --><emulator>/usr/bin/qemu</emulator> <!-- last -->\n    <!-- <hostdev/> -->`,
    ),
    'nothing but a comment in the metadata': domain(`  <metadata>\n    <!-- mine -->\n  </metadata>\n`),
    'text and CDATA in the metadata': domain(
      `  <metadata>\n    mine <a:x xmlns:a='urn:a'><![CDATA[</metadata>]]></a:x>\n  </metadata>\n`,
    ),
    tabs: domain(`\t<metadata>\n\t\t${OURS}\n\t</metadata>\n`).replaceAll('    ', '\t\t'),
    CRLF: domain(`  <metadata>\n    ${OURS}\n  </metadata>\n`).replaceAll('\n', '\r\n'),
    'no line at the end': domain('').trimEnd(),
    "somebody's own hostdev": domain(
      '',
      `<hostdev mode='subsystem' type='pci' managed='yes'>\n      <source>\n        <address domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>\n      </source>\n      <alias name='ua-mine'/>\n    </hostdev>`,
    ),
    'a text that looks like an element': domain(
      `  <description>]]&gt; &lt;devices> <![CDATA[</devices><hostdev>]]></description>\n`,
    ),
  };

  test.each(Object.entries(DOCUMENTS))('with %s', (_, text) => {
    expect(thereAndBack(text, withMore(text, [ONE], [0x20]))).toBe(text);
    expect(thereAndBack(text, withMore(text, [ONE, TWO], [0x20, 0x21]))).toBe(text);
  });

  const corpus = corpusFolder('domains', '.xml');
  test.skipIf(corpus.names.length === 0)(`in libvirt's own documents${corpus.note}`, () => {
    let tried = 0;
    for (const name of corpus.names) {
      const text = readFileSync(join(corpus.path, name), 'utf8');
      if (!isDefinition(parseXml(text, name))) continue;
      tried += 1;
      expect(thereAndBack(text, withMore(text, [ONE, TWO], [0x20, 0x21])), name).toBe(text);
    }
    expect(tried).toBeGreaterThan(100);
  });

  test('in whatever order and number they come', () => {
    const pool = Array.from({ length: 6 }, (_, index) => given(`0${index + 1}:00.0`, 0x20 + index));
    const states = fc.subarray(pool).map(
      (devices): AssignedState => ({
        devices,
        rootPorts: devices.map(({ device }) => device?.guestAddress?.bus ?? 0),
      }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(DOCUMENTS)),
        fc.array(states, { minLength: 1, maxLength: 4 }),
        (text, goals) => {
          let now = text;
          for (const goal of goals) {
            now = changed(now, goal);
            expect(isSameState(readAssigned(parse(now)), goal)).toBe(true);
          }
          expect(changed(now, readAssigned(parse(text)))).toBe(text);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what is ours', () => {
  test('is read with what is kept of it, and the ports that were added', () => {
    const text = changed(domain(''), { devices: [ONE, TWO], rootPorts: [0x20, 0x21] });
    const state = readAssigned(parse(text));
    expect(state.devices.map(({ alias }) => alias)).toEqual([ONE.alias, TWO.alias]);
    expect(state.devices.map(({ assignment }) => assignment)).toEqual([ONE.assignment, TWO.assignment]);
    expect(state.rootPorts).toEqual([0x20, 0x21]);
  });

  test('is known also where somebody took one half of it out', () => {
    const text = changed(domain(''), { devices: [ONE, TWO], rootPorts: [] });
    const noDevice = text.replace(/ *<hostdev[\s\S]*?<\/hostdev>\n/, '');
    const noRecord = text.replace(/ *<portal-gun:assignment[^>]*\/>\n/, '');
    expect(readAssigned(parse(noDevice)).devices).toMatchObject([
      { alias: ONE.alias, device: null, assignment: { policy: 'shared' } },
      { alias: TWO.alias, device: { kind: 'hostdev' } },
    ]);
    expect(readAssigned(parse(noRecord)).devices).toMatchObject([
      { alias: ONE.alias, device: { kind: 'hostdev' }, assignment: null },
      { alias: TWO.alias, assignment: { policy: 'shared' } },
    ]);
    for (const half of [noDevice, noRecord]) expect(changed(half, NOTHING)).toBe(domain(''));
  });

  test('is no device with an alias of somebody else, and no port', () => {
    const text = changed(domain(''), { devices: [ONE], rootPorts: [0x20] });
    const theirs = text
      .replaceAll('ua-portal-gun-', 'ua-portal-')
      .replace(/ *<metadata>[\s\S]*<\/metadata>\n/, '');
    expect(readAssigned(parse(theirs))).toEqual(NOTHING);
    expect(changed(theirs, NOTHING)).toBe(theirs);
  });

  test('goes with an element of ours that holds nothing else, and not with one that does', () => {
    const empty = domain(`  <metadata>\n    <m:machine xmlns:m='${MACHINE_NAMESPACE}'/>\n  </metadata>\n`);
    const then = changed(empty, { devices: [ONE], rootPorts: [] });
    expect(then).toContain('<m:assignment ');
    expect(changed(then, NOTHING)).toBe(domain(''));

    const remark = `<m:machine xmlns:m='${MACHINE_NAMESPACE}'>\n      <!-- kept -->\n    </m:machine>`;
    const noted = domain(`  <metadata>\n    ${remark}\n  </metadata>\n`);
    expect(thereAndBack(noted, withMore(noted, [ONE], []))).toBe(noted);
  });

  test('stays where another was changed', () => {
    const text = changed(domain(''), { devices: [ONE, TWO], rootPorts: [0x20, 0x21] });
    const moved: AssignedDevice = {
      ...TWO,
      device: {
        ...plainHostDevice(at('05:00.1')),
        alias: TWO.alias,
        guestAddress: TWO.device?.guestAddress ?? null,
      },
    };
    const then = changed(text, { devices: [ONE, moved], rootPorts: [0x20, 0x21] });
    expect(then).toContain(`<address domain="0x0000" bus="0x05" slot="0x00" function="0x1"/>`);
    expect(
      then.replace('bus="0x05" slot="0x00" function="0x1"', 'bus="0x02" slot="0x00" function="0x1"'),
    ).toBe(text);
  });
});

describe('a port that was added', () => {
  const inOurPort = `<interface type='user'>\n      <address type='pci' domain='0x0000' bus='0x20' slot='0x00' function='0x0'/>\n    </interface>\n    `;

  test("stays where somebody's device was put in it meanwhile", () => {
    const text = changed(domain(''), { devices: [ONE], rootPorts: [0x20] });
    const used = text.replace('<emulator>', `${inOurPort}<emulator>`);
    const then = changed(used, NOTHING);
    expect(then).toContain('ua-portal-gun-port-32');
    expect(then).not.toContain('<hostdev');
    expect(changed(then.replace(inOurPort, ''), NOTHING)).toBe(domain(''));
  });
});

test('a definition on one line keeps what it says', () => {
  const text = domain(`<metadata>${OURS}</metadata>`).replaceAll(/\n */g, '');
  const back = thereAndBack(text, withMore(text, [ONE], [0x20]));
  expect(back.replaceAll('\n', '')).toBe(text);
});

test('a definition without devices takes none, and says where', () => {
  expect(() => changed('<domain>\n <name>a</name>\n</domain>', { devices: [ONE], rootPorts: [] })).toThrow(
    expect.objectContaining({ code: 'BAD_XML', subject: 'a.xml:1:1' }),
  );
});

test('states are the same whatever the order', () => {
  const there = { devices: [ONE, TWO], rootPorts: [0x20] };
  expect(isSameState(there, { devices: [TWO, ONE], rootPorts: [0x20] })).toBe(true);
  expect(isSameState(there, { devices: [ONE, { ...TWO, assignment: null }], rootPorts: [0x20] })).toBe(false);
  expect(isSameState(there, { devices: [ONE, TWO], rootPorts: [] })).toBe(false);
});

describe('a root port of ours', () => {
  const ports = (text: string): readonly (string | undefined)[] =>
    [...text.matchAll(/<controller[^>]*index="(\d+)"[\s\S]*?<\/controller>/g)].map(
      ([port]) => /slot="(0x\w+)" function="0x0"\/>/.exec(port)?.[1],
    );
  const q35 = (devices: string): string =>
    domain('', devices).replace(
      '  <devices>',
      "  <os><type arch='x86_64' machine='q35'>hvm</type></os>\n  <devices>",
    );

  test('has a slot of its own, so that libvirt changes no other', () => {
    const text = q35(`<x><address type='pci' bus='0x00' slot='0x02' function='0x0'/></x>`);
    expect(ports(changed(text, withMore(text, [ONE, TWO], [0x20, 0x21])))).toEqual(['0x03', '0x04']);
  });

  test('without an index is no port of ours any more', () => {
    const text = q35(
      `<controller type='pci' model='pcie-root-port'><alias name='ua-portal-gun-port-1'/></controller>`,
    );
    expect(readAssigned(parse(text)).rootPorts).toEqual([]);
    expect(thereAndBack(text, withMore(text, [ONE], [0x20]))).toBe(text);
  });
});

describe("a function beside somebody else's", () => {
  const other = (more: string): string =>
    domain(
      '',
      `<hostdev mode='subsystem' type='pci' managed='yes'>\n      <source>\n        <address domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>\n      </source>\n      <address type='pci' domain='0x0000' bus='0x20' slot='0x00' function='0x0'${more}/>\n    </hostdev>`,
    );
  const joining = (joinsSlot: boolean): AssignedDevice => {
    const device = given('07:00.1');
    const { assignment } = device;
    if (device.device === null || assignment === null) throw new Error('it has both');
    return {
      ...device,
      assignment: joinsSlot ? { ...assignment, joinsSlot } : assignment,
      device: { ...device.device, guestAddress: { bus: 0x20, slot: 0, function: 1, multifunction: false } },
    };
  };

  test('takes away with it what libvirt says of the other for its sake', () => {
    const between = changed(other(''), withMore(other(''), [joining(true)], []));
    // As libvirt does where a machine is defined.
    const defined = between.replace(
      "function='0x0'/>\n    </hostdev>",
      "function='0x0' multifunction='on'/>\n    </hostdev>",
    );
    expect(defined).not.toBe(between);
    expect(changed(defined, NOTHING)).toBe(other(''));
  });

  test('leaves what was there before', () => {
    const before = other(" multifunction='on'");
    expect(thereAndBack(before, withMore(before, [joining(false)], []))).toBe(before);
  });
});
