import { cgroupRule } from './cgroup-rule.ts';

export const cgroupCpuacct = cgroupRule('cpuacct', 'tell how much time of processors machines take');
