import type { Scenario } from './scenario.ts';

/** `reset`, of devices that can be and of one that can't. */
export const resetScenarios: readonly Scenario[] = [
  {
    name: 'a device is reset by a 1 and nothing else',
    async play(stage) {
      await stage.write('devices/{pair0}/reset', '1', 'written');
      await stage.write('devices/{pair0}/reset', '0x1\n', 'written');
      for (const text of ['0', '2', 'x', '-1']) await stage.write('devices/{pair0}/reset', text, 'EINVAL');
      await stage.write('devices/{pair0}/reset', '', 'written');
      await stage.look({ pair0: { driver: 'e1000e', interfaces: 1 } });
    },
  },
  {
    name: 'a device that the kernel knows no reset for has no attribute for it',
    async play(stage) {
      await stage.write('devices/{chipset}/reset', '1', 'ENOENT');
      await stage.look({ chipset: {} });
    },
  },
  {
    name: 'a VF without a driver is reset on its own',
    async play(stage) {
      await stage.write('devices/{nic}/sriov_numvfs', '1', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
      // With its driver it was seen not to come back within two minutes.
      await stage.write('drivers/igbvf/unbind', '{nic.vf0}', 'written');
      await stage.write('devices/{nic.vf0}/reset', '1', 'written');
      await stage.look({ 'nic.vf0': { driver: null } });
    },
  },
];
