import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, type XmlDocument } from '../../../lib/libvirt/xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';
import { definitionDifferences } from '../../../lib/machines/domain/normal-form.ts';
import { withDefinition } from '../../../lib/machines/domain/with-definition.ts';
import { errorOf } from '../../support/error-of.ts';
import { machineDefinition } from '../../support/machine-definitions.ts';
import { renderDomain } from '../../support/render-domain.ts';
import { MARKS, renderSample, resolvedSample } from '../../support/sample-machines.ts';

const read = (text: string): XmlDocument => parseXml(text, 'domain');
const changed = (found: string, rendered: string): string => withDefinition(read(found), read(rendered));
const devicesOf = (text: string): readonly XmlElement[] =>
  childOf(read(text).root, 'devices')?.children ?? [];
const UUID = /<uuid>.*<\/uuid>/;

/** Of each disk its place: bus and slot. */
function placeOf(text: string, serial: string): string | undefined {
  const disk = devicesOf(text).find((device) => childText(device, 'serial') === serial);
  const address = childOf(disk, 'address')?.attributes;
  return address === undefined ? undefined : `${address.get('bus')}:${address.get('slot')}`;
}

describe('a changed definition', () => {
  it('is as rendered, whatever it was; done again, it stays', () => {
    fc.assert(
      fc.property(machineDefinition, machineDefinition, (before, after) => {
        const [found, rendered] = [before, after].map((each) => renderDomain(resolvedSample(each), MARKS));
        const once = changed(found ?? '', rendered ?? '');
        expect(definitionDifferences(read(rendered ?? ''), read(once))).toEqual([]);
        expect(
          changed(once, rendered ?? '')
            .split('\n')
            .sort(),
        ).toEqual(once.split('\n').sort());
        const places = devicesOf(once)
          .flatMap((device) => childrenOf(device, 'address'))
          .filter(({ attributes }) => attributes.get('type') === 'pci')
          .map(({ attributes }) => ['bus', 'slot', 'function'].map((part) => attributes.get(part)).join(' '));
        expect(new Set(places).size).toBe(places.length);
      }),
      { numRuns: 40 },
    );
  });

  const BASE = `category: router\nspare-root-ports: 1\ndisks: [ { name: a, size: 1GiB }, { name: b, size: 1GiB } ]\n`;

  it('keeps the UUID, the version of the machine type, and places of disks', () => {
    const found = renderSample(BASE)
      .replace(UUID, '<uuid>11111111-2222-4333-8444-555555555555</uuid>')
      .replace('machine="q35"', 'machine="pc-q35-8.1"');
    const text = changed(
      found,
      renderSample(BASE.replace('{ name: a, size: 1GiB }, ', '{ name: c, size: 1GiB }, ')),
    );
    expect(text).toContain('11111111-2222-4333-8444-555555555555');
    expect(text).toContain('machine="pc-q35-8.1"');
    expect(placeOf(text, 'c')).toBe('0x01:0x00');
    expect(placeOf(text, 'b')).toBe('0x02:0x00');
    const first = changed(found, renderSample(BASE.replace('{ name: a, size: 1GiB }, ', '')));
    expect(placeOf(first, 'b')).toBe('0x02:0x00');
    const fewer = changed(
      found,
      renderSample(`category: router\nnics: [ {} ]\ndisks: [ { name: a, size: 1GiB } ]\n`),
    );
    expect(placeOf(fewer, 'a')).toBe('0x01:0x00');
    const nic = devicesOf(fewer).find(({ name }) => name === 'interface');
    expect(childOf(nic, 'address')?.attributes.get('bus')).toBe('0x02');
  });

  const ASSIGNED = `<hostdev mode="subsystem" type="pci" managed="yes">
      <source><address domain="0x0000" bus="0x07" slot="0x00" function="0x0"/></source>
      <alias name="ua-portal-gun-0000-07-00-0"/>
      <address type="pci" domain="0x0000" bus="0x03" slot="0x00" function="0x0"/>
    </hostdev>
    <controller type="pci" index="4" model="pcie-root-port">
      <alias name="ua-portal-gun-port-4"/>
      <address type="pci" domain="0x0000" bus="0x00" slot="0x03" function="0x0"/>
    </controller>
  </devices>`;
  const assigned = renderSample(BASE)
    .replace('</devices>', ASSIGNED)
    .replaceAll('<portal-gun:machine', '<ns0:machine')
    .replace('xmlns:portal-gun=', 'later="7" xmlns:ns0=')
    .replace(
      'project="home"/>',
      'project="home"><ns0:assignment alias="x"/></ns0:machine><o:o xmlns:o="urn:o"/>',
    );

  it('keeps what was assigned, its root ports, and metadata that is not the definition', () => {
    const grown = renderSample(
      `${BASE}shares: [ { name: s, source: s }, { name: t, source: t } ]\ntitle: New\n`,
    );
    const text = changed(assigned, grown);
    expect(definitionDifferences(read(grown), read(text))).toEqual([]);
    const own = childOf(read(text).root, 'metadata');
    expect(own?.children.map(({ name }) => name)).toEqual(['ns0:machine', 'o:o']);
    expect(own?.children[0]?.attributes.get('later')).toBe('7');
    expect(own?.children[0]?.children.map(({ name }) => name)).toEqual(['ns0:assignment']);
    const aliases = devicesOf(text).flatMap(
      (device) => childOf(device, 'alias')?.attributes.get('name') ?? [],
    );
    expect(aliases.sort()).toEqual(['ua-portal-gun-0000-07-00-0', 'ua-portal-gun-port-4']);
    const ports = devicesOf(text).filter(({ attributes }) => attributes.get('model') === 'pcie-root-port');
    expect(ports.map(({ attributes }) => attributes.get('index'))).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('drops a project that it is part of no more', () => {
    const rendered = renderDomain(resolvedSample(fc.sample(machineDefinition, 1)[0] ?? expect.fail()), {
      project: null,
      definition: null,
    });
    expect(changed(assigned, rendered)).not.toContain('project=');
  });

  it('has its new root ports side by side, so that many fit', () => {
    const grown = renderSample(BASE.replace('ports: 1', 'ports: 24'));
    const text = changed(assigned, grown);
    expect(definitionDifferences(read(grown), read(text))).toEqual([]);
    const places = devicesOf(text)
      .filter(({ attributes }) => attributes.get('model') === 'pcie-root-port')
      .map((port) => childOf(port, 'address')?.attributes)
      .map(
        (address) =>
          `${address?.get('slot')}.${address?.get('function')} ${address?.get('multifunction') ?? ''}`,
      );
    expect(places).toMatchInlineSnapshot(`
      [
        "0x02.0x0 on",
        "0x02.0x1 ",
        "0x02.0x2 ",
        "0x03.0x0 ",
        "0x02.0x3 ",
        "0x02.0x4 ",
        "0x02.0x5 ",
        "0x02.0x6 ",
        "0x02.0x7 ",
        "0x04.0x0 on",
        "0x04.0x1 ",
        "0x04.0x2 ",
        "0x04.0x3 ",
        "0x04.0x4 ",
        "0x04.0x5 ",
        "0x04.0x6 ",
        "0x04.0x7 ",
        "0x05.0x0 on",
        "0x05.0x1 ",
        "0x05.0x2 ",
        "0x05.0x3 ",
        "0x05.0x4 ",
        "0x05.0x5 ",
        "0x05.0x6 ",
        "0x05.0x7 ",
        "0x06.0x0 on",
        "0x06.0x1 ",
      ]
    `);
  });

  it('of another machine type has no place of before', () => {
    const found = assigned.replace('machine="q35"', 'machine="pc-i440fx-8.1"');
    const text = changed(found, renderSample(BASE));
    expect(text).toContain('machine="q35"');
    const hostdev = devicesOf(text).find(({ name }) => name === 'hostdev');
    expect(childOf(hostdev, 'alias')).toBeDefined();
    expect(childOf(hostdev, 'address')).toBeUndefined();
    expect(text).not.toContain('ua-portal-gun-port-4');
  });

  it('keeps the firmware whose variables it has', () => {
    const rendered = renderSample('category: service\nfirmware: uefi\nboot: { kernel: k }\n');
    const loader = '<loader readonly="yes" type="pflash">/usr/share/old.fd</loader>';
    const found = rendered.replace('<nvram>', `${loader}<nvram template="/usr/share/vars.fd">`);
    const os = childOf(read(changed(found, rendered)).root, 'os');
    expect(childText(os, 'loader')).toBe('/usr/share/old.fd');
    expect(childOf(os, 'nvram')?.attributes.get('template')).toBe('/usr/share/vars.fd');
    expect(childText(os, 'nvram')).toBe('/var/lib/portal-gun/machines/m0/nvram.fd');
  });

  it('is refused if our namespace has something else', () => {
    const found = renderSample(BASE).replaceAll('<portal-gun:machine', '<portal-gun:other');
    expect(errorOf(() => changed(found, renderSample(BASE)))).toMatchObject({ code: 'BAD_XML' });
  });
});
