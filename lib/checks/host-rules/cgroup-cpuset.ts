import { cgroupRule } from './cgroup-rule.ts';

export const cgroupCpuset = cgroupRule('cpuset', 'pin machines to processors');
