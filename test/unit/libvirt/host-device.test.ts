import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import {
  type HostDevice,
  type HostdevPool,
  plainHostDevice,
  plainVfInterface,
} from '../../../lib/libvirt/hostdev/host-device.ts';
import {
  parseHostDevice,
  parseHostDevices,
  parseHostdevPool,
} from '../../../lib/libvirt/hostdev/host-device-parser.ts';
import { formatHostDevice, formatHostdevPool } from '../../../lib/libvirt/hostdev/host-device-text.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { type PciAddress, parsePciAddress } from '../../../lib/pci/address.ts';
import { corpusFolder } from '../../support/corpus.ts';

function at(text: string): PciAddress {
  const address = parsePciAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

function parseOne(text: string): HostDevice | null {
  const document = parseXml(text, 'device.xml');
  return parseHostDevice(document, document.root);
}

const BARE = { alias: null, guestAddress: null, bootOrder: null, rom: null } as const;

/** One of each kind with nothing said, and with all that can be. */
const DEVICES: readonly (readonly [name: string, HostDevice, xml: string])[] = [
  [
    'a hostdev',
    plainHostDevice(at('0000:01:00.0')),
    `<hostdev mode="subsystem" type="pci" managed="yes">
  <source>
    <address domain="0x0000" bus="0x01" slot="0x00" function="0x0"/>
  </source>
</hostdev>`,
  ],
  [
    'a hostdev with all',
    {
      ...plainHostDevice(at('00ab:1f:1e.7')),
      isManaged: false,
      driver: { name: 'vfio', model: 'mlx5_vfio_pci' },
      persistentPeer: 'ua-nic',
      alias: 'ua-card_1.a',
      guestAddress: { bus: 5, slot: 0, function: 0, multifunction: true },
      bootOrder: 2,
      rom: { isEnabled: null, hasBar: true, file: '/roms/a & "b".rom' },
    },
    `<hostdev mode="subsystem" type="pci" managed="no">
  <driver name="vfio" model="mlx5_vfio_pci"/>
  <source>
    <address domain="0x00ab" bus="0x1f" slot="0x1e" function="0x7"/>
  </source>
  <teaming type="transient" persistent="ua-nic"/>
  <boot order="2"/>
  <alias name="ua-card_1.a"/>
  <rom bar="on" file="/roms/a &amp; &quot;b&quot;.rom"/>
  <address type="pci" domain="0x0000" bus="0x05" slot="0x00" function="0x0" multifunction="on"/>
</hostdev>`,
  ],
  [
    'an interface',
    { ...plainVfInterface(at('01:10.2')), mac: '02:00:00:00:00:03', vlans: [100] },
    `<interface type="hostdev" managed="yes">
  <mac address="02:00:00:00:00:03"/>
  <source>
    <address type="pci" domain="0x0000" bus="0x01" slot="0x10" function="0x2"/>
  </source>
  <vlan>
    <tag id="100"/>
  </vlan>
</interface>`,
  ],
  [
    'an interface of a pool',
    { kind: 'pool-interface', network: 'vfs', mac: null, vlans: [], ...BARE, alias: 'ua-uplink' },
    `<interface type="network">
  <source network="vfs"/>
  <alias name="ua-uplink"/>
</interface>`,
  ],
  [
    'a mediated device',
    {
      kind: 'mdev',
      uuid: '53764d0e-85a0-42b4-af5c-2046b460b1dc',
      isDisplay: true,
      hasRamfb: null,
      ...BARE,
      rom: { isEnabled: false, hasBar: null, file: null },
    },
    `<hostdev mode="subsystem" type="mdev" model="vfio-pci" display="on">
  <source>
    <address uuid="53764d0e-85a0-42b4-af5c-2046b460b1dc"/>
  </source>
  <rom enabled="no"/>
</hostdev>`,
  ],
];

describe.each(DEVICES)('%s', (_name, device, xml) => {
  it('is written as libvirt writes it', () => {
    expect(formatHostDevice(device)).toBe(xml);
  });

  it('is read as it was', () => {
    expect(parseOne(xml)).toEqual(device);
  });
});

describe('numbers of an address', () => {
  const addressOf = (attributes: string): unknown => {
    const device = parseOne(
      `<hostdev mode='subsystem' type='pci'><source><address ${attributes}/></source></hostdev>`,
    );
    return device?.kind === 'hostdev' ? device.address : device;
  };

  it.each([
    ["domain='0' bus='0' slot='25' function='0'", '0000:00:19.0'],
    ["domain='0x0000' bus='0X1F' slot='0x1e' function='7'", '0000:1f:1e.7'],
    ["bus='010' slot='017'", '0000:08:0f.0'],
    ["domain='0xffff' bus='255' slot='31' function='0x7'", 'ffff:ff:1f.7'],
    ["domain='0x10000' bus='0xe1'", '10000:e1:00.0'],
    ['', '0000:00:00.0'],
  ])('%s', (attributes, expected) => {
    expect(addressOf(attributes)).toBe(expected);
  });

  it.each([
    ["slot='32'", 'has no slot from 0 to 0x1f: "32"'],
    ["function='8'", 'has no function from 0 to 0x7: "8"'],
    ["bus='0x100'", 'has no bus from 0 to 0xff: "0x100"'],
    ["domain='0x100000000'", 'has no domain from 0 to 0xffffffff: "0x100000000"'],
    ["slot='09'", 'has no slot from 0 to 0x1f: "09"'],
    ["slot='-1'", 'has no slot from 0 to 0x1f: "-1"'],
    ["slot=''", 'has no slot from 0 to 0x1f: ""'],
    ["slot='1e'", 'has no slot from 0 to 0x1f: "1e"'],
  ])('%s is refused', (attributes, message) => {
    expect(() => addressOf(attributes)).toThrow(
      expect.objectContaining({ code: 'BAD_XML', subject: 'device.xml:1:46', message }),
    );
  });
});

describe('what makes no sense', () => {
  it.each([
    ["<hostdev mode='subsystem' type='pci'/>", '1:1', 'has no source with an address'],
    ["<hostdev mode='subsystem' type='pci'><source/></hostdev>", '1:1', 'has no source with an address'],
    [
      "<hostdev type='pci'><source><address bus='1'/></source>\n  <boot order='0'/></hostdev>",
      '2:3',
      'has no order from 1: "0"',
    ],
    [
      "<interface type='hostdev'>\n<mac address='01:00:5e:00:00:01'/><source><address type='pci' bus='1'/></source></interface>",
      '2:1',
      'has no MAC of one station',
    ],
    [
      "<interface type='hostdev'><source><address type='pci' bus='1'/></source><vlan>\n<tag id='4096'/></vlan></interface>",
      '2:1',
      'has no VLAN from 0 to 4095: "4096"',
    ],
    [
      "<hostdev type='mdev' model='vfio-pci'><source><address uuid='1234'/></source></hostdev>",
      '1:47',
      'has no uuid of a mediated device',
    ],
  ])('%s', (text, place, message) => {
    expect(() => parseOne(text)).toThrow(
      expect.objectContaining({ code: 'BAD_XML', subject: `device.xml:${place}`, message }),
    );
  });
});

describe('what is not handed over through VFIO is passed over', () => {
  it.each([
    "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>",
    "<hostdev mode='capabilities' type='net'><source><interface>eth0</interface></source></hostdev>",
    "<hostdev type='mdev' model='vfio-ccw'><source><address uuid='9063cba3-ecef-47b6-abcf-3fef4fdcad85'/></source></hostdev>",
    "<interface type='bridge'><source bridge='br0'/></interface>",
    "<interface type='hostdev'><source><address type='usb' bus='0' device='2'/></source></interface>",
    "<disk type='block'/>",
  ])('%s', (text) => {
    expect(parseOne(text)).toBe(null);
  });
});

describe('what can not be written', () => {
  it('a device in a domain beyond 16 bits', () => {
    expect(() => formatHostDevice(plainHostDevice(at('10000:e1:00.0')))).toThrow(
      expect.objectContaining({ code: 'DOMAIN_TOO_LARGE', subject: '10000:e1:00.0', exitCode: 6 }),
    );
  });

  it.each(['hostdev0', 'ua-', 'ua-a b', 'ua-<'])('the alias %s', (alias) => {
    expect(() => formatHostDevice({ ...plainHostDevice(at('01:00.0')), alias })).toThrow(PortalGunError);
  });
});

describe('pools', () => {
  const POOL: HostdevPool = {
    name: 'vfs',
    isManaged: true,
    pf: 'enp1s0',
    addresses: [],
    driver: { name: null, model: 'mlx5_vfio_pci' },
    vlans: [42],
  };
  const XML = `<network>
  <name>vfs</name>
  <forward mode="hostdev" managed="yes">
    <driver model="mlx5_vfio_pci"/>
    <pf dev="enp1s0"/>
  </forward>
  <vlan>
    <tag id="42"/>
  </vlan>
</network>`;

  it('of a PF', () => {
    expect(formatHostdevPool(POOL)).toBe(XML);
    expect(parseHostdevPool(parseXml(XML, 'net.xml'))).toEqual(POOL);
  });

  it('of VFs', () => {
    const pool = { ...POOL, pf: null, driver: null, vlans: [], addresses: [at('01:10.0'), at('01:10.2')] };
    const text = formatHostdevPool(pool);
    expect(text).toContain('<address type="pci" domain="0x0000" bus="0x01" slot="0x10" function="0x2"/>');
    expect(parseHostdevPool(parseXml(text, 'net.xml'))).toEqual(pool);
  });

  it('are not networks of other kinds', () => {
    const nat = "<network><name>a</name><forward mode='nat'/></network>";
    expect(parseHostdevPool(parseXml(nat, 'net.xml'))).toBe(null);
  });
});

const domains = corpusFolder('domains', '.xml');
describe.skipIf(domains.names.length === 0)(`documents of libvirt's own tests${domains.note}`, () => {
  // What libvirt refuses as well.
  const BAD = new Map([['hostdev-mdev-src-address-invalid.xml', 'has no uuid of a mediated device']]);

  it.each(domains.names)('%s', (name) => {
    const document = parseXml(readFileSync(join(domains.path, name)), name);
    const bad = BAD.get(name);
    if (bad !== undefined) {
      expect(() => parseHostDevices(document)).toThrow(bad);
      return;
    }
    const found = parseHostDevices(document);
    const wanted = document.text.match(
      /<hostdev [^>]*(type='pci'|type='mdev' [^>]*model='vfio-pci')|<interface type='(hostdev|network)'/g,
    );
    expect(found).toHaveLength(wanted?.length ?? 0);
    for (const { device, element } of found) {
      const own = device.alias?.startsWith('ua-') === true ? device : { ...device, alias: null };
      expect(parseOne(formatHostDevice(own))).toEqual(own);
      expect(document.text.slice(element.start)).toMatch(/^<(hostdev|interface) /);
    }
  });
});

const networks = corpusFolder('networks', '.xml');
describe.skipIf(networks.names.length === 0)(`networks of libvirt's own tests${networks.note}`, () => {
  it.each(networks.names)('%s', (name) => {
    const document = parseXml(readFileSync(join(networks.path, name)), name);
    const pool = parseHostdevPool(document);
    expect(pool !== null).toBe(name.startsWith('hostdev'));
    if (pool !== null) expect(parseHostdevPool(parseXml(formatHostdevPool(pool), name))).toEqual(pool);
  });
});
