import { cgroupRule } from './cgroup-rule.ts';

export const cgroupMemory = cgroupRule('memory', 'limit the memory of machines');
