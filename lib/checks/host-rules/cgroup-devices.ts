import { cgroupRule } from './cgroup-rule.ts';

export const cgroupDevices = cgroupRule('devices', 'keep machines from devices of the host');
