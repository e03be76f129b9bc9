import { expect, test } from 'vitest';
import { fixture, pci } from '../support/pci-program.ts';

const HOST = ['guard-start', '--host', fixture('lab-intel')] as const;

function machineWith(devices: string): string {
  return `<domain type='kvm'>\n  <name>galaxy0</name>\n  <uuid>8a4daced-3874-4273-8ef2-0474238f9fb4</uuid>\n  <devices>${devices}</devices>\n</domain>`;
}

test('pci guard-start reads a document, and says nothing if the machine may start', async () => {
  const outcome = await pci(HOST, { input: machineWith('') });
  expect(outcome).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('pci guard-start refuses a machine what the host uses, and what is no document', async () => {
  const uplink = `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0' slot='0x0a' function='0'/></source></hostdev>`;
  const refused = await pci(HOST, { input: machineWith(uplink) });
  expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
  expect(refused.stderr).toMatch(/^pci: galaxy0: 0000:00:0a\.0 .*\(net-address\).* \[START_REFUSED\]$/m);
  expect(await pci(HOST, { input: 'nothing' })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('[BAD_XML]'),
  });
});
