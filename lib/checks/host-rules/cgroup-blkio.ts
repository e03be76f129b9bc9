import { cgroupRule } from './cgroup-rule.ts';

export const cgroupBlkio = cgroupRule('blkio', 'share out what disks can do');
