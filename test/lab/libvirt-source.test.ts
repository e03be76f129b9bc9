import { expect, test } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import { Tally } from '../support/compare-functions.ts';
import { compareNodeDevice } from '../support/compare-live-functions.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { parseNodeDevices } from '../support/nodedev.ts';
import { type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';

describeLibvirtd('what a real libvirt tells of this machine', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);
  const asked = (...words: readonly string[]) => pciInside([...words, '--connect', libvirtd().uri]);

  test('is listed, each function as its document says', async () => {
    const names = (await libvirtd().output(['--quiet', 'nodedev-list', '--cap', 'pci'])).trim().split('\n');
    const documents = await libvirtd().output([names.map((name) => `nodedev-dumpxml ${name}`).join('; ')]);
    const nodes = parseNodeDevices(documents);
    const { stdout, stderr } = await asked('list', '--json');
    expect(stderr).toBe('');
    const list = JSON.parse(stdout) as { host: object; devices: readonly PciDevice[]; diagnostics: object[] };
    const validate = validatorOf('pci-list', { strict: true });
    validate(list);
    expect(validate.errors).toBeNull();
    expect(list).toMatchObject({ host: { label: 'lab', libvirt: libvirtd().uri }, diagnostics: [] });
    expect(list.devices.map(({ address }) => address)).toEqual(nodes.map(({ address }) => address).sort());
    for (const node of nodes) {
      const shown = await asked('show', node.address, '--json');
      compareNodeDevice(new Tally(), JSON.parse(shown.stdout).device as PciDevice, node);
    }
  });

  test('is the same as the kernel tells, groups and tree too', async () => {
    const facts = ({ address, class: code, vendor, device, driver, iommuGroup }: PciDevice) =>
      JSON.stringify([address, code, vendor, device, driver, iommuGroup]);
    const listed = async (outcome: Promise<Outcome>) =>
      (JSON.parse((await outcome).stdout).devices as readonly PciDevice[]).map(facts);
    expect(await listed(asked('list', '--json'))).toEqual(await listed(pciInside(['list', '--json'])));
    expect((await asked('tree')).stdout).toBe((await pciInside(['tree'])).stdout);
    expect((await asked('groups', '--json')).exitCode).toBe(0);
  });

  test('is not to be had where no libvirt is', async () => {
    const nowhere = ['--connect', 'qemu:///system?socket=/nowhere/s'];
    const { exitCode, stderr } = await pciInside(['list', ...nowhere]);
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(
      /^pci: qemu:.*: libvirt does not answer: .*No such file or directory \[NO_LIBVIRT\]\nhint: start it: /,
    );
  });
});
