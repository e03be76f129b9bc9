import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, type XmlDocument } from '../../../lib/libvirt/xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';
import { kernelCommandLine } from '../../../lib/machines/domain/boot.ts';
import type { ResolvedMachine } from '../../../lib/machines/resolved-machine.ts';
import { errorOf } from '../../support/error-of.ts';
import { hostileText, machineDefinition } from '../../support/machine-definitions.ts';
import { renderDomain } from '../../support/render-domain.ts';
import {
  MARKS,
  renderSample,
  resolvedSample,
  SAMPLE_FRAGMENT,
  SAMPLES,
  SPECIAL_SAMPLES,
  sampleMachine,
} from '../../support/sample-machines.ts';

const RUNS = { numRuns: 40 };
const read = (text: string): XmlDocument => parseXml(text, 'domain');
const devicesOf = (text: string): readonly XmlElement[] =>
  childOf(read(text).root, 'devices')?.children ?? [];

/** Each device that has a place on a PCI bus, by what it is known by. */
function placesIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    devicesOf(text).flatMap((device) => {
      const {
        type,
        bus,
        slot,
        function: number,
      } = Object.fromEntries(childOf(device, 'address')?.attributes ?? []);
      if (type !== 'pci') return [];
      const known =
        childText(device, 'serial') ??
        childOf(device, 'mac')?.attributes.get('address') ??
        childOf(device, 'target')?.attributes.get('dir') ??
        [device.attributes.get('type'), device.attributes.get('index')].join(' ');
      return [[`${device.name} ${known}`, `${bus}:${slot}.${number}`]];
    }),
  );
}

describe('the definition of a machine for libvirt', () => {
  it.each(Object.entries({ ...SAMPLES, ...SPECIAL_SAMPLES }))('is that of %s', (_, yaml) => {
    expect(renderSample(yaml)).toMatchSnapshot();
  });

  it.each(['least', 'controller', 'cpu-model'])('with KVM has another processor: %s', (name) => {
    const text = renderSample({ ...SAMPLES, ...SPECIAL_SAMPLES }[name] ?? '', { hypervisor: 'kvm' });
    expect(read(text).root.attributes.get('type')).toBe('kvm');
    const cpu = childOf(read(text).root, 'cpu') ?? expect.fail();
    expect(text.slice(cpu.start, cpu.end)).toMatchSnapshot();
  });

  it('has the fragments of its folder', () => {
    const fragments = [{ file: 'xml/a.xml', text: SAMPLE_FRAGMENT }];
    expect(renderSample(SAMPLES['shares'] ?? '', { fragments })).toMatchSnapshot();
  });

  it('is the same bytes for the same machine', () => {
    fc.assert(
      fc.property(machineDefinition, (definition) => {
        const render = (): string => renderDomain(resolvedSample(structuredClone(definition)), MARKS);
        expect(render()).toBe(render());
      }),
      RUNS,
    );
  });

  it('holds any text of a definition, and nothing of it is markup', () => {
    fc.assert(
      fc.property(machineDefinition, hostileText, (definition, text) => {
        const machine = { ...resolvedSample(definition), folder: `/srv/${text.replaceAll('\n', '')}` };
        const { root } = read(renderDomain(machine, { project: 'p', definition: null }));
        const { title, description } = definition;
        expect(childText(root, 'title') ?? '').toBe((title ?? '').replaceAll(/\s+/g, ' ').trim());
        expect(childText(root, 'description') ?? '').toBe((description ?? '').trim());
        const own = childOf(root, 'metadata')?.children[0];
        expect(own?.attributes.get('folder')).toBe(machine.folder);
        expect(own?.attributes.has('definition')).toBe(false);
        expect(childText(childOf(root, 'os'), 'cmdline')).toBe(kernelCommandLine(machine));
        const children = new Set(root.children.map(({ name }) => name));
        expect([...children].filter((name) => !/^[a-zA-Z_]+$/.test(name))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('refuses what XML cannot hold', () => {
    const machine = sampleMachine('category: router\ntitle: "a\\u0001b"\n');
    expect(errorOf(() => renderDomain(machine, MARKS))).toMatchObject({
      code: 'BAD_DEFINITION',
      subject: '<title>',
    });
    const broken: ResolvedMachine = { ...sampleMachine('category: router\n'), folder: '/srv/a\nb' };
    expect(errorOf(() => renderDomain(broken, MARKS))).toMatchObject({ code: 'BAD_DEFINITION' });
  });
});

describe('the kernel command line', () => {
  const lineOf = (yaml: string): string => kernelCommandLine(sampleMachine(`category: router\n${yaml}`));

  it.each([
    ['', 'console=ttyS0 portal.name=m0'],
    ['display: vga\n', 'console=tty0 console=ttyS0 portal.name=m0'],
    ['boot: { kernel: vmlinuz }\narchitecture: aarch64\n', 'console=ttyAMA0'],
    ['boot: { kernel: vmlinuz, arguments: "quiet  a=\'b c\'" }\n', "console=ttyS0 quiet a='b c'"],
    ['boot: { kernel: vmlinuz, arguments: [quiet, console=hvc0] }\ndisplay: vga\n', 'quiet console=hvc0'],
    ['boot: { kernel: vmlinuz, arguments: nonconsole=1 }\n', 'console=ttyS0 nonconsole=1'],
    [
      'shares: [ { name: a, source: a }, { name: b, source: b, mode: rw } ]\n',
      'console=ttyS0 portal.name=m0 portal.shares=a:ro,b',
    ],
    ['boot: { profile: debian }\nos: { root: image:debian }\n', 'console=ttyS0 portal.name=m0 root=/dev/vda'],
    [
      'boot: { profile: debian, arguments: root=LABEL=x portal.name=y rw }\nos: { root: image:debian }\n',
      'console=ttyS0 root=LABEL=x portal.name=y rw',
    ],
    ['boot: { kernel: vmlinuz }\nos: { root: image:debian }\n', 'console=ttyS0'],
  ])('of %j is %s', (yaml, line) => {
    expect(lineOf(yaml)).toBe(line);
  });
});

describe('the places of devices', () => {
  const render = (yaml: string): string => renderSample(`category: router\n${yaml}`);
  const BASE = 'nics: [ {}, {} ]\ndisks: [ { name: a, size: 1GiB }, { name: b, size: 1GiB, bus: sata } ]\n';

  it('are never shared', () => {
    fc.assert(
      fc.property(machineDefinition, (definition) => {
        const places = devicesOf(renderDomain(resolvedSample(definition), MARKS))
          .flatMap((device) => childrenOf(device, 'address'))
          .filter(({ attributes }) => attributes.get('type') === 'pci')
          .map(({ attributes }) => ['bus', 'slot', 'function'].map((part) => attributes.get(part)).join(' '));
        expect(new Set(places).size).toBe(places.length);
      }),
      RUNS,
    );
  });

  it.each([
    'shares: [ { name: data, source: data } ]\n',
    'spare-root-ports: 20\n',
    'watchdog: reset\nvsock: on\niommu: on\ndisplay: vnc\n',
  ])('do not change with what comes after them: %j', (more) => {
    const after = placesIn(render(BASE + more));
    const before = [...placesIn(render(BASE))];
    expect(before.length).toBeGreaterThan(5);
    for (const [device, place] of before) expect([device, after.get(device)]).toEqual([device, place]);
  });

  it('are the root ports that no device takes, as many as are spare', () => {
    for (const spare of [0, 1, 24]) {
      const places = placesIn(render(`${BASE}spare-root-ports: ${spare}\n`));
      const ports = [...places.keys()].filter((device) => device.startsWith('controller pci'));
      const plugged = [...places.values()].filter((place) => !place.startsWith('0x00:'));
      expect(ports.length - plugged.length).toBe(spare);
    }
  });

  it('are an error if there are more devices than a machine takes', () => {
    const many = (count: number): string =>
      `nics: [ ${Array.from({ length: count }, () => '{}').join(', ')} ]\n`;
    expect(() => render(`${many(112)}spare-root-ports: 0\n`)).not.toThrow();
    expect(errorOf(() => render(`${many(113)}spare-root-ports: 0\n`))).toMatchObject({
      code: 'BAD_DEFINITION',
      message: 'needs 113 PCI Express root ports, and a machine has at most 112',
    });
  });
});
