import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAssigned } from '../../lib/libvirt/assignment/assigned-devices.ts';
import { planGuestAddresses } from '../../lib/libvirt/assignment/guest-topology.ts';
import { withAssigned } from '../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../lib/libvirt/hostdev/host-device.ts';
import { parseXml, type XmlDocument } from '../../lib/libvirt/xml/xml-document.ts';
import { childOf, childText } from '../../lib/libvirt/xml/xml-element.ts';
import { definitionDifferences, formatDifference } from '../../lib/machines/domain/normal-form.ts';
import { withDefinition } from '../../lib/machines/domain/with-definition.ts';
import { bridgeNameOf } from '../../lib/machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../lib/machines/network/network-text.ts';
import type { ResolvedMachine } from '../../lib/machines/resolved-machine.ts';
import { parsePciAddress } from '../../lib/pci/address.ts';
import { machineDefinition } from '../support/machine-definitions.ts';
import { renderDomain } from '../support/render-domain.ts';
import {
  MARKS,
  renderSample,
  resolvedSample,
  SAMPLE_FRAGMENT,
  SAMPLES,
  SPECIAL_SAMPLES,
  sampleMachine,
} from '../support/sample-machines.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLab, describeLibvirtd, describeReleases, useLibvirtd } from './describe-lab.ts';
import { tinyGuest } from './tiny-guest.ts';

// What is rendered of machines, held to libvirt's own schemas, and to a real libvirtd.

const folder = temporaryFolder();
const BOOT_TIMEOUT_MS = 300_000;
const HAS_XMLLINT = spawnSync('xmllint', ['--version']).error === undefined;
const WITHOUT_XMLLINT = whySkipped(HAS_XMLLINT, 'no xmllint (Debian: libxml2-utils) here');
const FRAGMENTS = [{ file: 'xml/site.xml', text: SAMPLE_FRAGMENT }];
const NETWORK = renderIsolatedNetwork({
  network: 'isolated/lan',
  uuid: '0ba5e724-6bb8-437c-8694-4845b502df0a',
  project: 'a "b" & <c>',
});

const read = (text: string): XmlDocument => parseXml(text, 'domain');
const wordsOf = (rendered: string, found: string): readonly string[] =>
  definitionDifferences(read(rendered), read(found)).map(formatDifference);

describeReleases("libvirt's schemas take", describeLab, (_, tree) => {
  const validate = (schema: string, documents: readonly string[]): void => {
    const paths = documents.map((text, index) => {
      const path = join(folder, `${schema}-${index}.xml`);
      writeFileSync(path, text);
      return path;
    });
    const rules = join(tree, 'usr/share/libvirt/schemas', `${schema}.rng`);
    execFileSync('xmllint', ['--noout', '--relaxng', rules, ...paths], { stdio: 'pipe' });
  };

  test.runIf(HAS_XMLLINT)(`every machine${WITHOUT_XMLLINT}`, () => {
    const all = Object.values({ ...SAMPLES, ...SPECIAL_SAMPLES });
    validate('domain', [
      ...all.map((yaml) => renderSample(yaml)),
      ...all.map((yaml) => renderSample(yaml, { hypervisor: 'kvm' })),
      ...all.map((yaml) => renderSample(yaml, { fragments: FRAGMENTS })),
    ]);
    validate('network', [NETWORK]);
  });

  test.runIf(HAS_XMLLINT)(`any machine${WITHOUT_XMLLINT}`, () => {
    const any = fc.sample(machineDefinition, { numRuns: 150, seed: 1 });
    const hypervisor = (at: number) => (at % 2 === 0 ? 'qemu' : 'kvm');
    validate(
      'domain',
      any.map((definition, at) =>
        renderDomain(resolvedSample(definition, { hypervisor: hypervisor(at) }), MARKS),
      ),
    );
  });
});

describeReleases('a libvirtd takes machines', describeLibvirtd, (root, tree) => {
  const libvirtd = useLibvirtd(root, { tree });
  const dump = (): Promise<string> => libvirtd().output(['dumpxml', 'm0', '--inactive']);
  const define = async (xml: string): Promise<string> => {
    await libvirtd().output(['define', '/dev/stdin'], { stdin: xml });
    return await dump();
  };
  const undefine = (): Promise<string> => libvirtd().output(['undefine', 'm0', '--nvram']);

  test('of its release', async () => {
    const text = await libvirtd().output(['version', '--daemon']);
    expect(text).toMatch(
      tree === root.tree ? /^Running against daemon: 11\./m : /^Running against daemon: 9\.0\./m,
    );
  });

  test.each(Object.entries(SAMPLES))('%s: reads back as rendered, and keeps its places', async (_, yaml) => {
    for (const fragments of [[], FRAGMENTS]) {
      const rendered = renderSample(yaml, { fragments });
      const found = await define(rendered);
      expect(wordsOf(rendered, found)).toEqual([]);
      if (fragments.length === 0) {
        expect(found.split("model='pcie-root-port'")).toHaveLength(
          rendered.split('model="pcie-root-port"').length,
        );
      }
      const again = await define(withDefinition(read(found), read(rendered)));
      expect(sortedLines(again)).toEqual(sortedLines(found));
      await undefine();
    }
  });

  test('any machine: reads back as rendered, and keeps its places', async () => {
    for (const definition of fc.sample(machineDefinition, { numRuns: 40, seed: 2 })) {
      const rendered = renderDomain(resolvedSample(definition), MARKS);
      const found = await define(rendered);
      expect(wordsOf(rendered, found)).toEqual([]);
      const again = await define(withDefinition(read(found), read(rendered)));
      expect(sortedLines(again)).toEqual(sortedLines(found));
      await undefine();
    }
  });

  test('any machine becomes any other, and then is as rendered', async () => {
    const [first, ...others] = fc
      .sample(machineDefinition, { numRuns: 30, seed: 3 })
      .map((definition) => renderDomain(resolvedSample(definition), MARKS));
    let found = await define(first ?? '');
    for (const rendered of others) {
      const next = await define(withDefinition(read(found), read(rendered)));
      expect(wordsOf(rendered, next)).toEqual([]);
      found = next;
    }
    await undefine();
  });

  test('what a person changed is named', async () => {
    const yaml = `category: service
memory: 256MiB
boot: { kernel: k }
disks: [ { name: www, size: 1GiB } ]
nics: [ { network: default, mac: "02:00:00:00:00:01" }, { network: default, mac: "02:00:00:00:00:02" } ]
`;
    const rendered = renderSample(yaml);
    await define(rendered);
    const { output } = libvirtd();
    await output(['setmaxmem', 'm0', '512M', '--config']);
    await output(['detach-interface', 'm0', 'network', '--mac', '02:00:00:00:00:02', '--config']);
    await output(['attach-disk', 'm0', '/other.img', 'vdb', '--config']);
    const found = (await dump())
      .replace('ttyS0</cmdline>', 'ttyS0 single</cmdline>')
      .replace('www.qcow2', 'other.qcow2')
      .replace('<on_reboot>restart', '<on_reboot>destroy');
    const changed = await define(found);
    expect(wordsOf(rendered, changed)).toEqual([
      'memory 512 MiB instead of 256 MiB',
      'kernel arguments console=ttyS0 single instead of console=ttyS0',
      'action at a reboot destroy instead of restart',
      'disk www: source file /var/lib/portal-gun/machines/m0/other.qcow2 instead of /var/lib/portal-gun/machines/m0/www.qcow2',
      'network card 02:00:00:00:00:02 is missing',
      'disk vdb is not in the definition',
    ]);
    expect(wordsOf(rendered, await define(withDefinition(read(changed), read(rendered))))).toEqual([]);
    await undefine();
  });

  test('a changed machine keeps places, assigned devices and the metadata of others', async () => {
    const base = 'category: router\nspare-root-ports: 1\nnics: [ { network: default } ]\n';
    const before = await define(renderSample(base));
    const cards = [['0000:07:00.0'], ['0000:08:00.0']].map((card) =>
      card.map((text) => parsePciAddress(text) ?? expect.fail(text)),
    );
    const { addresses, newRootPorts } = planGuestAddresses(read(before).root, cards);
    expect(newRootPorts).toHaveLength(1);
    const devices = [...addresses].map(([address, guestAddress], at) => ({
      alias: `ua-portal-gun-${at}`,
      assignment: null,
      device: { ...plainHostDevice(address), alias: `ua-portal-gun-${at}`, guestAddress },
    }));
    await define(withAssigned(read(before), { devices, rootPorts: newRootPorts }));
    await libvirtd().output([
      ...[
        'metadata',
        'm0',
        '--uri',
        'urn:example:site',
        '--key',
        'site',
        '--set',
        '<rack n="7"/>',
        '--config',
      ],
    ]);
    const assigned = await dump();
    expect(wordsOf(renderSample(base), assigned)).toEqual([]);

    const grown = renderSample(`${base.replace('default }', 'default }, { network: other }')}vsock: on
disks: [ { name: www, size: 1GiB } ]
memory: 1GiB
`);
    expect(wordsOf(grown, assigned)).toEqual([
      'memory 512 MiB instead of 1 GiB',
      'current memory 512 MiB instead of 1 GiB',
      'disk www is missing',
      expect.stringMatching(/^network card .* is missing$/),
      'vsock is missing',
      'PCI Express root ports 2 instead of 4',
    ]);
    const after = await define(withDefinition(read(assigned), read(grown)));
    expect(wordsOf(grown, after)).toEqual([]);
    expect(readAssigned(read(after))).toEqual(readAssigned(read(assigned)));
    expect(after).toContain('<site:rack');
    for (const line of devicePlaces(assigned)) expect(devicePlaces(after)).toContain(line);
    await undefine();
  });

  test('an isolated network', async () => {
    await libvirtd().output(['net-define', '/dev/stdin'], { stdin: NETWORK });
    const found = await libvirtd().output(['net-dumpxml', 'isolated-lan', '--inactive']);
    expect(wordsOf(NETWORK, found)).toEqual([]);
    await libvirtd().output(['net-undefine', 'isolated-lan']);
  });
});

describeLibvirtd('a libvirtd starts', (root) => {
  const libvirtd = useLibvirtd(root);

  test('an isolated network, without a server', async () => {
    await libvirtd().output(['net-define', '/dev/stdin'], { stdin: NETWORK });
    await libvirtd().output(['net-start', 'isolated-lan']);
    expect(await libvirtd().output(['net-info', 'isolated-lan'])).toContain(bridgeNameOf('isolated-lan'));
    await libvirtd().output(['net-destroy', 'isolated-lan']);
    await libvirtd().output(['net-undefine', 'isolated-lan']);
  });

  test.each(['none', 'uefi'])('a machine with every kind of device, firmware %s', async (firmware) => {
    const guest = await tinyGuest(root, libvirtd(), { name: 'm0', onceUp: 'stay' });
    const os = childOf(read(guest.xml).root, 'os');
    const machine = placedIn(
      libvirtd().folder,
      sampleMachine(`category: controller
firmware: ${firmware}
memory: 256MiB
boot: { kernel: k, initrd: i, arguments: quiet }
nics: [ {}, { model: e1000e }, { model: e1000 }, { model: igb }, { model: rtl8139 } ]
disks:
  - { name: www, size: 1MiB, format: raw }
  - { name: sata, size: 1MiB, format: raw, bus: sata }
  - { name: scsi, size: 1MiB, format: raw, bus: scsi }
  - { name: usb, size: 1MiB, format: raw, bus: usb }
shares: [ { name: data, source: data, mode: rw } ]
display: vnc
iommu: on
watchdog: reset
`),
      { kernel: childText(os, 'kernel') ?? '', initrd: childText(os, 'initrd') ?? null },
    );
    await libvirtd().output(['define', '/dev/stdin'], { stdin: renderDomain(machine, MARKS) });
    await libvirtd().output(['start', 'm0']);
    const log = (): string =>
      existsSync(machine.paths.consoleLog) ? readFileSync(machine.paths.consoleLog, 'utf8') : '';
    await expect.poll(log, { timeout: BOOT_TIMEOUT_MS }).toContain(guest.marker);
    expect(existsSync(machine.paths.console)).toBe(true);
    expect(existsSync(`${machine.paths.state}/nvram.fd`)).toBe(firmware === 'uefi');
    await libvirtd().output(['destroy', 'm0']);
    await libvirtd().output(['undefine', 'm0', '--nvram']);
  });
});

/** A machine whose files are there, all in one folder. */
function placedIn(
  shared: string,
  machine: ResolvedMachine,
  kernel: NonNullable<ResolvedMachine['kernel']>,
): ResolvedMachine {
  const at = (name: string): string => join(shared, name);
  const paths = {
    state: at('state'),
    run: at('run'),
    agent: at('run/agent'),
    console: at('run/console'),
    consoleLog: at('console.log'),
  };
  rmSync(paths.consoleLog, { force: true });
  for (const path of [paths.state, paths.run, at('data')]) mkdirSync(path, { recursive: true });
  const disks = machine.disks.map((disk) => ({ ...disk, path: at(`${disk.name}.raw`) }));
  for (const { path } of disks) {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 20);
  }
  const shares = machine.shares.map((share) => ({ ...share, path: at('data') }));
  return { ...machine, kernel, disks, shares, paths };
}

/** libvirt writes controllers in the order in which it was told of them. */
function sortedLines(text: string): readonly string[] {
  return text.split('\n').sort();
}

/** Each device with a place, by what it is known by. */
function devicePlaces(text: string): readonly string[] {
  const devices = childOf(read(text).root, 'devices')?.children ?? [];
  return devices.flatMap((device) => {
    const address = childOf(device, 'address');
    if (address === undefined) return [];
    const names = ['mac', 'alias', 'source'].map((name) =>
      JSON.stringify([...(childOf(device, name)?.attributes ?? [])]),
    );
    const index = device.attributes.get('index') ?? '';
    return [`${device.name} ${index} ${names.join(' ')} ${JSON.stringify([...address.attributes])}`];
  });
}
