import { isUnknown, knownValue } from '../../base/known.ts';
import { shortAddress } from '../../pci/address.ts';
import { uplinkOf } from '../../pci/uplink.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, notTold, violated } from '../verdict.ts';

/** The cards of its virtual functions are up. */
export const machineUplink: MachineRule = {
  id: 'machine-uplink',
  title: 'the cards of its virtual functions are up',
  grade: 'fail',
  purposes: ['machines', 'sriov'],
  meaning:
    "Each `<interface type='hostdev'>` is a virtual function whose card has a network interface that is switched on: libvirt sets the MAC through it, and starts no machine where it is down.",
  evaluate: ({ devices }, host) => {
    const vfs = devices.filter(({ isInterface }) => isInterface);
    if (vfs.length === 0) return doesNotApply('has no interface that is a virtual function');
    const { interfaces } = host.use;
    if (isUnknown(interfaces)) return notTold('which network interfaces are up', interfaces);
    const problems = vfs.flatMap(({ address }) => {
      const role = knownValue(host.devices?.find((each) => each.address === address)?.sriov ?? null);
      if (role?.role !== 'vf') return [`${address} is no virtual function`];
      const own = interfaces?.filter((each) => each.function === role.physicalFunction) ?? [];
      const link = uplinkOf(own.map((each) => ({ ...each, portName: each.portName ?? null })));
      if (link === undefined) return [`${shortAddress(role.physicalFunction)} has no network interface`];
      return link.isUp === false ? [`${link.name}, which ${address} is of, is down`] : [];
    });
    if (problems.length === 0) return holds('the cards of its virtual functions are up');
    return violated(problems[0] as string, {
      evidence: problems,
      remedy: 'ip link set dev NAME up; for each boot, pci sriov set PF --persist',
    });
  },
};
