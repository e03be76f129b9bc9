import { cgroupRule } from './cgroup-rule.ts';

export const cgroupCpu = cgroupRule('cpu', 'share out time of processors');
