import { isUnknown, UNREAD } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const OF_VERSION_2: Readonly<Record<string, string>> = {
  cpuacct: ' In version 2 it is a part of `cpu`.',
  blkio: ' In version 2 it is called `io`.',
  devices: ' In version 2, BPF programs do this, and the kernel needs `CONFIG_CGROUP_BPF`.',
};

/** A cgroup controller is active. `purpose` is its use by libvirt. */
function cgroupRule(controller: string, purpose: string): HostRule {
  return {
    id: `cgroup-${controller}`,
    title: `control groups can ${purpose}`,
    grade: 'warn',
    purposes: ['machines'],
    meaning: `The control group controller \`${controller}\` is available, so libvirt can ${purpose}.${OF_VERSION_2[controller] ?? ''}`,
    virtHostValidate: `cgroup '${controller}' controller support`,
    evaluate: ({ facts: { cgroups, kernel } }) => {
      if (isUnknown(cgroups)) return unknownVerdict('control groups', cgroups);
      if (cgroups === null) return doesNotApply('no control groups are mounted');
      const { version, controllers } = cgroups;
      if (controllers.includes(controller)) return holds(`${controller} is available (version ${version})`);
      const isOption = version === 2 && controller === 'devices';
      if (isOption && (isUnknown(kernel.options) || kernel.options === null)) {
        return unknownVerdict('BPF programs for control groups', kernel.options ?? UNREAD);
      }
      return violated(`the controller ${controller} is not available: libvirt cannot ${purpose}`, {
        evidence: [`version ${version}: ${controllers.join(', ') || 'no controller'}`],
        remedy: isOption
          ? 'run a kernel with CONFIG_CGROUP_BPF'
          : `remove cgroup_disable=${controller === 'blkio' ? 'io' : controller} from the kernel command line if it is there, and reboot; otherwise the kernel is built without it`,
      });
    },
  };
}

export const cgroupBlkio = cgroupRule('blkio', 'limit disk throughput');
export const cgroupCpu = cgroupRule('cpu', 'limit processor time');
export const cgroupCpuacct = cgroupRule('cpuacct', 'measure processor time of VMs');
export const cgroupCpuset = cgroupRule('cpuset', 'pin VMs to processors');
export const cgroupDevices = cgroupRule('devices', 'restrict access of VMs to host devices');
export const cgroupMemory = cgroupRule('memory', 'limit memory of VMs');
