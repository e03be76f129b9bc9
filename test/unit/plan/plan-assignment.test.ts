import { expect, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { parsePciAddress } from '../../../lib/pci/address.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import {
  assignmentSteps,
  assignTo,
  type DefinedMachine,
} from '../../../lib/plan/assignment/plan-assignment.ts';
import { ALL_FIELDS, readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { domainXml, MadeUpLibvirt, uuidOf } from '../../support/made-up-libvirt.ts';

test('a device in a domain that libvirt can not write is refused before anything is planned', async () => {
  const { devices } = readInventory(openHost('fixtures/gpu-desktop.snapshot'), NO_NAMES, ALL_FIELDS);
  const [card] = devices;
  const address = parsePciAddress('12345:00:00.0');
  if (card === undefined || address === undefined) throw new Error('it has devices');
  const definition = domainXml(
    'a',
    uuidOf(1),
    "<devices><controller type='pci' model='pcie-root'/></devices>",
  );
  const libvirt = new MadeUpLibvirt([{ uuid: uuidOf(1), definition }]);
  const [machine] = (await readMachines(libvirt, 'look')).machines;
  const given = {
    ...({ device: { ...card, address }, policy: 'shared', asked: true } as const),
    handed: plainHostDevice(address),
  };
  expect(() => assignmentSteps('qemu:///system', assignTo(machine as DefinedMachine, [given]))).toThrow(
    expect.objectContaining({ code: 'DOMAIN_TOO_LARGE' }),
  );
});
