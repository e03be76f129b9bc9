import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planGuestAddresses } from '../../lib/libvirt/assignment/guest-topology.ts';
import {
  type HostDevice,
  type HostdevPool,
  plainHostDevice,
  plainVfInterface,
} from '../../lib/libvirt/hostdev/host-device.ts';
import { parseHostDevices, parseHostdevPool } from '../../lib/libvirt/hostdev/host-device-parser.ts';
import {
  formatHostDevice,
  formatHostdevPool,
  formatRootPort,
} from '../../lib/libvirt/hostdev/host-device-text.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { appendLines, applyEdits } from '../../lib/libvirt/xml/xml-edit.ts';
import { childOf } from '../../lib/libvirt/xml/xml-element.ts';
import { type PciAddress, parsePciAddress } from '../../lib/pci/address.ts';
import { CORPUS_HOSTS, unpackHost, WHY_SKIPPED } from '../support/corpus.ts';
import { FIXTURE_NAMES } from '../support/fixture-hosts.ts';
import { handedOver } from '../support/hostdevs.ts';
import { fixture, ROOT } from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLab, describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import type { RunningLibvirtd } from './libvirtd.ts';
import { programOf } from './root-file-system.ts';

// What is written is held to libvirt's own schemas, and to a real libvirtd.

const folder = temporaryFolder();
const HOSTS = [
  ...FIXTURE_NAMES.filter((name) => name !== 'no-pci').map(
    (name) => [name, join(ROOT, fixture(name))] as const,
  ),
  ...CORPUS_HOSTS.map((name) => [name, unpackHost(name, folder)] as const),
];
const HAS_XMLLINT = spawnSync('xmllint', ['--version']).error === undefined;
const WITHOUT_XMLLINT = whySkipped(HAS_XMLLINT, 'no xmllint (Debian: libxml2-utils) here');
/** So many devices are defined in a machine at once. */
const BATCH = 30;

function at(text: string): PciAddress {
  return parsePciAddress(text) ?? expect.fail(text);
}

function machine(name: string, devices: readonly string[], type = 'q35'): string {
  return `<domain type='qemu'><name>${name}</name><uuid>bab5e724-6bb8-437c-8694-4845b502df0a</uuid><memory unit='MiB'>256</memory><os><type arch='x86_64' machine='${type}'>hvm</type></os><devices>
${devices.join('\n')}
</devices></domain>`;
}

/** The interface that a device away is stood in for by. */
const PEER = `<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><teaming type='persistent'/><alias name='ua-peer'/></interface>`;

/** One of each kind with all that can be said of it. */
const RICH: readonly HostDevice[] = [
  {
    ...plainHostDevice(at('0000:02:00.0')),
    isManaged: false,
    driver: { name: 'vfio', model: null },
    alias: 'ua-card',
    guestAddress: { bus: 5, slot: 0, function: 0, multifunction: true },
    bootOrder: 1,
    rom: { isEnabled: null, hasBar: true, file: '/roms/a & b.rom' },
  },
  {
    ...plainHostDevice(at('0000:02:00.1')),
    guestAddress: { bus: 5, slot: 0, function: 1, multifunction: false },
    rom: { isEnabled: false, hasBar: null, file: null },
  },
  { ...plainHostDevice(at('ffff:ff:1f.7')), driver: { name: 'vfio', model: 'mlx5_vfio_pci' } },
  {
    ...plainVfInterface(at('0000:03:10.0')),
    mac: '52:54:00:00:00:01',
    vlans: [100],
    alias: 'ua-uplink',
    persistentPeer: 'ua-peer',
    bootOrder: 2,
    rom: { isEnabled: null, hasBar: false, file: null },
  },
  {
    kind: 'pool-interface',
    network: 'vfs',
    mac: '52:54:00:00:00:02',
    vlans: [7],
    alias: 'ua-pooled',
    guestAddress: null,
    bootOrder: null,
    rom: null,
  },
  {
    kind: 'mdev',
    uuid: '53764d0e-85a0-42b4-af5c-2046b460b1dc',
    isDisplay: false,
    hasRamfb: null,
    alias: null,
    guestAddress: null,
    bootOrder: null,
    rom: null,
  },
];

const POOLS: readonly HostdevPool[] = [
  { name: 'vfs', isManaged: true, pf: 'enp1s0', addresses: [], driver: null, vlans: [100] },
  {
    name: 'listed',
    isManaged: false,
    pf: null,
    addresses: [at('0000:03:10.0'), at('0000:03:10.2')],
    driver: { name: 'vfio', model: null },
    vlans: [],
  },
];

/** What is left of a device that libvirt wrote when what it filled in itself is taken away. */
function asAsked(written: HostDevice, asked: HostDevice): HostDevice {
  const guestAddress = asked.guestAddress === null ? null : written.guestAddress;
  if (!('mac' in written) || !('mac' in asked)) return { ...written, guestAddress };
  return { ...written, guestAddress, mac: asked.mac === null ? null : written.mac };
}

describeLab(`libvirt's schemas take${WHY_SKIPPED}`, (root) => {
  const schema = (name: string) => join(root.tree, 'usr/share/libvirt/schemas', `${name}.rng`);
  /** One process for all: reading the schema is what takes long. */
  const validate = (name: string, documents: readonly string[]): void => {
    const paths = documents.map((text, index) => {
      const path = join(folder, `${name}-${index}.xml`);
      writeFileSync(path, text);
      return path;
    });
    execFileSync('xmllint', ['--noout', '--relaxng', schema(name), ...paths], { stdio: 'pipe' });
  };

  test.runIf(HAS_XMLLINT)(`every device of every host${WITHOUT_XMLLINT}`, async () => {
    const documents = await Promise.all(
      HOSTS.map(async ([, path]) =>
        machine(
          'a',
          (await handedOver(path)).map(({ xml }) => xml),
        ),
      ),
    );
    validate('domain', [
      ...documents,
      machine('a', [PEER, ...RICH.map(formatHostDevice), formatRootPort(9)]),
    ]);
    expect(documents.join('').split('<source>').length).toBeGreaterThan(CORPUS_HOSTS.length > 0 ? 500 : 100);
  });

  test.runIf(HAS_XMLLINT)(`pools${WITHOUT_XMLLINT}`, () => {
    validate('network', POOLS.map(formatHostdevPool));
  });

  test.runIf(HAS_XMLLINT)(`nothing that is wrong${WITHOUT_XMLLINT}`, () => {
    const wrong = formatHostDevice(plainHostDevice(at('0000:02:00.0'))).replace('0x00"', '0x20"');
    expect(() => validate('domain', [machine('a', [wrong.replace('slot="0x00"', 'slot="0x20"')])])).toThrow(
      /fails to validate/,
    );
  });
});

describeLibvirtd('a libvirtd defines', (root) => {
  const libvirtd = useLibvirtd(root);
  const define = (xml: string) => libvirtd().output(['define', '/dev/stdin'], { stdin: xml });

  async function defined(xml: string): Promise<readonly HostDevice[]> {
    await define(xml);
    return parseHostDevices(parseXml(await dump(libvirtd(), 'a'), 'a')).map(({ device }) => device);
  }

  test(`every device of every host, and writes it back as it was${WHY_SKIPPED}`, async () => {
    for (const [name, path] of HOSTS) {
      const all = await handedOver(path);
      for (let index = 0; index < all.length; index += BATCH) {
        const batch = all.slice(index, index + BATCH);
        const written = await defined(
          machine(
            'a',
            batch.map(({ xml }) => xml),
          ),
        );
        // libvirt has its interfaces before its hostdevs.
        const order = ({ kind }: HostDevice): number => (kind === 'hostdev' ? 1 : 0);
        const asked = batch.map(({ device }) => device).toSorted((a, b) => order(a) - order(b));
        const seen = written.map((device, at) => asAsked(device, asked[at] ?? device));
        expect({ name, seen }).toEqual({ name, seen: asked });
      }
    }
  });

  test('all that can be said of one, and writes it back as it was', async () => {
    await define(machine('a', [PEER, ...RICH.map(formatHostDevice)]));
    const text = await dump(libvirtd(), 'a');
    const document = parseXml(text, 'a');
    const found = parseHostDevices(document);
    for (const asked of RICH) {
      const written = found.find(({ device }) => keyOf(device) === keyOf(asked));
      expect(written && asAsked(written.device, asked)).toEqual(asked);
    }
  });

  test('a PCI domain beyond 16 bits as well, but QEMU does not start with it', async () => {
    const xml = formatHostDevice(plainHostDevice(at('0001:01:00.0'))).replace('0x0001', '0x10000');
    const [device] = await defined(machine('a', [xml]));
    expect(device).toMatchObject({ address: '10000:01:00.0' });
    const { program, args, env } = programOf(root.tree, 'usr/bin/qemu-system-x86_64', [
      ...['-M', 'q35', '-display', 'none', '-S', '-L', join(root.tree, 'usr/share/qemu')],
      ...['-L', join(root.tree, 'usr/share/seabios'), '-device', 'vfio-pci,host=10000:01:00.0'],
    ]);
    const { stderr } = spawnSync(program, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(stderr).toContain("Property 'vfio-pci.host' doesn't take value '10000:01:00.0'");
  });

  test('a pool of a PF, and writes it back as it was; one of VFs where they are there', async () => {
    const [ofPf, ofVfs] = POOLS;
    if (ofPf === undefined || ofVfs === undefined) throw new Error('there are two');
    await libvirtd().output(['net-define', '/dev/stdin'], { stdin: formatHostdevPool(ofPf) });
    const text = await libvirtd().output(['net-dumpxml', ofPf.name, '--inactive']);
    expect(parseHostdevPool(parseXml(text, ofPf.name))).toEqual(ofPf);
    const refused = await libvirtd().virsh(['net-define', '/dev/stdin'], { stdin: formatHostdevPool(ofVfs) });
    expect(refused.stderr).toContain("in network 'listed' is not an SR-IOV Virtual Function");
  });
});

describeLibvirtd('guest slots on a libvirtd', (root) => {
  const libvirtd = useLibvirtd(root);
  const CARD = [at('0000:03:00.0'), at('0000:03:00.1')];

  /** Puts cards in a machine as planned; gives the document then, and what libvirt makes of it. */
  async function put(before: string, cards: readonly (readonly PciAddress[])[]) {
    const document = parseXml(before, 'a');
    const devices = childOf(document.root, 'devices') ?? expect.fail();
    const plan = planGuestAddresses(document.root, cards);
    const snippets = [
      ...plan.newRootPorts.map((index) => formatRootPort(index)),
      ...[...plan.addresses].map(([address, guestAddress]) =>
        formatHostDevice({ ...plainHostDevice(address), guestAddress }),
      ),
    ];
    const lines = snippets.flatMap((snippet) => snippet.split('\n'));
    const stdin = applyEdits(document, [appendLines(document, devices, lines)]);
    await libvirtd().output(['define', '/dev/stdin'], { stdin });
    const after = await dump(libvirtd(), 'a');
    for (const { device } of parseHostDevices(parseXml(after, 'a'))) {
      if (device.kind === 'hostdev') expect(device.guestAddress).toEqual(plan.addresses.get(device.address));
    }
    return { plan, after };
  }

  const controllersIn = (text: string): number => text.split('<controller type=').length - 1;

  test.each(['q35', 'pc'])(
    'a card in one that is free adds nothing to a %s, and leaves nothing',
    async (type) => {
      await libvirtd().output(['define', '/dev/stdin'], { stdin: machine('a', [], type) });
      const before = await dump(libvirtd(), 'a');
      const { plan, after } = await put(before, [CARD]);
      expect(plan.newRootPorts).toEqual([]);
      expect(controllersIn(after)).toBe(controllersIn(before));
      const withoutCard = after.replaceAll(/ {4}<hostdev [\s\S]*?<\/hostdev>\n/g, '');
      await libvirtd().output(['define', '/dev/stdin'], { stdin: withoutCard });
      expect(await dump(libvirtd(), 'a')).toBe(before);
    },
  );

  test('a port is added where none is free, just one, and stays', async () => {
    await libvirtd().output(['define', '/dev/stdin'], { stdin: machine('a', []) });
    const before = await dump(libvirtd(), 'a');
    const { plan, after } = await put(before, [[at('0000:01:00.0')], CARD]);
    expect(plan.newRootPorts).toHaveLength(1);
    expect(controllersIn(after)).toBe(controllersIn(before) + 1);
    const withoutCards = after.replaceAll(/ {4}<hostdev [\s\S]*?<\/hostdev>\n/g, '');
    await libvirtd().output(['define', '/dev/stdin'], { stdin: withoutCards });
    expect(controllersIn(await dump(libvirtd(), 'a'))).toBe(controllersIn(before) + 1);
  });

  test('a machine written by hand gets what is planned for it', async () => {
    const { plan } = await put(machine('a', ["<memballoon model='virtio'/>"]), [CARD, [at('0000:01:00.0')]]);
    expect(plan.newRootPorts).toEqual([1, 2]);
  });
});

function dump(libvirtd: RunningLibvirtd, name: string): Promise<string> {
  return libvirtd.output(['dumpxml', name, '--inactive']);
}

function keyOf(device: HostDevice): string {
  if (device.kind === 'mdev') return device.uuid;
  return device.kind === 'pool-interface' ? device.network : device.address;
}
