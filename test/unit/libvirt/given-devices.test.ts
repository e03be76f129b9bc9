import { expect, test } from 'vitest';
import { givenTo } from '../../../lib/libvirt/machine/given-devices.ts';
import { parseMachine } from '../../../lib/libvirt/machine/machine.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { domainXml, uuidOf } from '../../support/made-up-libvirt.ts';

const ADDRESS = '0000:01:10.2' as PciAddress;
const SOURCE = "<source><address domain='0' bus='1' slot='0x10' function='2'/></source>";
const OTHER = "<source><address domain='0' bus='2' slot='0' function='0'/></source>";
const NONE = "<source><address domain='0' bus='many' slot='0' function='0'/></source>";

test.each([
  ['', false],
  [`<hostdev type='pci'>${SOURCE}</hostdev>`, true],
  [`<hostdev type='pci'>${OTHER}</hostdev>`, false],
  [`<interface type='hostdev'>${SOURCE}</interface>`, true],
  [`<interface type='network'><source network='pool'/></interface>`, false],
  [`<disk type='file'><source file='/a'/></disk>`, false],
  // What is not understood of an element does not hide which device it gives.
  [`<hostdev type='pci'>${SOURCE}<boot order='0'/></hostdev>`, true],
  [`<hostdev type='pci'>${OTHER}<boot order='0'/></hostdev>`, false],
  // What does not say which may be any.
  [`<hostdev type='pci'>${NONE}</hostdev>`, true],
  [`<hostdev type='pci'/>`, true],
])('a document with %s may give the device: %s', (inside, expected) => {
  const document = parseXml(domainXml('a', uuidOf(1), `<devices>${inside}</devices>`), 'a');
  const machine = parseMachine(document, () => undefined);
  expect(givenTo({ definition: { document, machine, unreadable: null }, live: null }, ADDRESS)).toBe(
    expected,
  );
});
