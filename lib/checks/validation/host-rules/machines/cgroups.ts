import { isUnknown, UNREAD } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const OF_VERSION_2: Readonly<Record<string, string>> = {
  cpuacct: ' In version 2 it is a part of `cpu`.',
  blkio: ' In version 2 it is called `io`.',
  devices:
    ' In version 2 programs of BPF do that, which the kernel has to be built for (`CONFIG_CGROUP_BPF`).',
};

/** A controller of control groups is at work. `purpose` is what libvirt does by it. */
function cgroupRule(controller: string, purpose: string): HostRule {
  return {
    id: `cgroup-${controller}`,
    title: `control groups can ${purpose}`,
    grade: 'warn',
    purposes: ['machines'],
    meaning: `The controller \`${controller}\` of control groups is at work, by which libvirt can ${purpose}.${OF_VERSION_2[controller] ?? ''}`,
    virtHostValidate: `cgroup '${controller}' controller support`,
    evaluate: ({ facts: { cgroups, kernel } }) => {
      if (isUnknown(cgroups)) return unknownVerdict('which control groups there are', cgroups);
      if (cgroups === null) return doesNotApply('no control groups are mounted');
      const { version, controllers } = cgroups;
      if (controllers.includes(controller)) return holds(`${controller} is at work (version ${version})`);
      const isOption = version === 2 && controller === 'devices';
      if (isOption && (isUnknown(kernel.options) || kernel.options === null)) {
        return unknownVerdict(
          'whether the kernel has programs of BPF for control groups',
          kernel.options ?? UNREAD,
        );
      }
      return violated(`the controller ${controller} is not at work: libvirt can't ${purpose}`, {
        evidence: [`version ${version}: ${controllers.join(', ') || 'no controller'}`],
        remedy: isOption
          ? 'run a kernel with CONFIG_CGROUP_BPF'
          : `take cgroup_disable=${controller === 'blkio' ? 'io' : controller} off the kernel command line, if it is there, and restart; else the kernel is built without it`,
      });
    },
  };
}

export const cgroupBlkio = cgroupRule('blkio', 'share out what disks can do');
export const cgroupCpu = cgroupRule('cpu', 'share out time of processors');
export const cgroupCpuacct = cgroupRule('cpuacct', 'tell how much time of processors machines take');
export const cgroupCpuset = cgroupRule('cpuset', 'pin machines to processors');
export const cgroupDevices = cgroupRule('devices', 'keep machines from devices of the host');
export const cgroupMemory = cgroupRule('memory', 'limit the memory of machines');
