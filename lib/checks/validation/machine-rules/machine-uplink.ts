import { isUnknown, knownValue } from '../../../base/known.ts';
import { type PciAddress, shortAddress } from '../../../pci/address.ts';
import { deviceAt } from '../../../pci/device-at.ts';
import { uplinkOf } from '../../../pci/sriov/uplink.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineUplink: MachineRule = {
  id: 'machine-uplink',
  title: 'the cards of its VFs are up',
  grade: 'fail',
  purposes: ['machines', 'sriov'],
  meaning:
    "Each `<interface type='hostdev'>` is a VF whose card has a network interface that is up. libvirt sets the MAC through it, and does not start the VM if it is down.",
  evaluate: ({ devices }, host) => {
    const vfs = devices.filter(({ kind }) => kind === 'interface').flatMap(({ address }) => address ?? []);
    const pools = devices.filter(({ kind }) => kind === 'pool-interface');
    if (vfs.length + pools.length === 0) return doesNotApply('has no interface that is a VF');
    const { interfaces } = host.use;
    if (isUnknown(interfaces)) return unknownVerdict('states of network interfaces', interfaces);
    const linkProblem = (pf: PciAddress, of: string): readonly string[] => {
      const own = interfaces?.filter((each) => each.function === pf) ?? [];
      const link = uplinkOf(own.map((each) => ({ ...each, portName: each.portName ?? null })));
      if (link === undefined) return [`${shortAddress(pf)} has no network interface`];
      return link.isUp === false ? [`${link.name}, the interface of the PF of ${of}, is down`] : [];
    };
    const problems = [
      ...vfs.flatMap((address) => {
        const role = knownValue(deviceAt(host.devices ?? [], address)?.sriov ?? null);
        if (role?.role !== 'vf') return [`${address} is not a VF`];
        return linkProblem(role.physicalFunction, address);
      }),
      ...pools.flatMap(({ name, functions, carriers }) =>
        knownValue(functions)?.length === 0
          ? [`${name} is a pool without a VF`]
          : carriers.flatMap((pf) => linkProblem(pf, name)),
      ),
    ];
    if (problems.length === 0) return holds('the cards of its VFs are up');
    return violated(problems[0] as string, {
      evidence: problems,
      remedy: 'ip link set dev NAME up; for each boot, pci sriov set PF --persist',
    });
  },
};
