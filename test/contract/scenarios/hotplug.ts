import type { Scenario } from './scenario.ts';

/** Functions that are taken off the bus and found again. */
export const hotplugScenarios: readonly Scenario[] = [
  {
    name: 'a device is removed, and found again as it was at first',
    async play(stage) {
      await stage.write('devices/{endpoint}/driver_override', 'nobody', 'written');
      await stage.write('devices/{endpoint}/remove', '0', 'written');
      await stage.write('devices/{endpoint}/remove', 'x', 'EINVAL');
      await stage.look({ endpoint: { driver: 'e1000e' } });
      await stage.write('devices/{endpoint}/remove', '1', 'written');
      await stage.look({ endpoint: null, switchDown: { group: ['switchDown'] } });
      await stage.write('drivers/e1000e/bind', '{endpoint}', 'ENODEV');
      await stage.write('drivers_probe', '{endpoint}', 'ENODEV');
      await stage.write('devices/{endpoint}/driver_override', 'x', 'ENOENT');
      await stage.write('rescan', '0', 'written');
      await stage.write('rescan', 'x', 'EINVAL');
      await stage.look({ endpoint: null });
      await stage.write('rescan', '1', 'written');
      await stage.look({
        endpoint: { driver: 'e1000e', override: null, interfaces: 1, group: ['endpoint', 'switchDown'] },
      });
    },
  },
  {
    name: 'a switch goes with everything behind it, and is found from its own bus alone',
    async play(stage) {
      await stage.write('devices/{switchUp}/remove', '1', 'written');
      await stage.look({ switchUp: null, switchDown: null, endpoint: null });
      await stage.write('devices/{nic}/rescan', '1', 'written');
      await stage.look({ switchUp: null });
      await stage.write('devices/{port}/rescan', '1', 'written');
      await stage.look({
        switchUp: { driver: 'pcieport', group: ['switchUp'] },
        switchDown: { driver: 'pcieport', group: ['endpoint', 'switchDown'] },
        endpoint: { driver: 'e1000e' },
      });
    },
  },
  {
    name: 'a device is found from the port above it',
    async play(stage) {
      await stage.write('devices/{endpoint}/remove', '1', 'written');
      await stage.write('devices/{switchDown}/rescan', '1', 'written');
      await stage.look({ endpoint: { driver: 'e1000e' } });
    },
  },
  {
    name: 'a PF takes its VFs along, and comes back without them',
    async play(stage) {
      await stage.write('devices/{nic}/sriov_drivers_autoprobe', '0', 'written');
      await stage.write('devices/{nic}/sriov_numvfs', '2', 'written');
      await stage.look({ 'nic.vf0': { group: ['nic.vf0'] } });
      await stage.write('devices/{nic}/remove', '1', 'written');
      await stage.look({ nic: null, 'nic.vf0': null });
      await stage.write('rescan', '1', 'written');
      await stage.look({
        nic: { driver: 'igb', numVfs: 0, vfs: [], group: ['nic'], interfaces: 1 },
        'nic.vf0': null,
      });
      await stage.write('devices/{nic}/sriov_numvfs', '1', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
    },
  },
  {
    name: 'one of a group of three goes and comes back to it',
    async play(stage) {
      await stage.write('devices/{card0}/remove', '1', 'written');
      await stage.look({ card0: null, card1: { group: ['bridge', 'card1'] } });
      await stage.write('rescan', '1\n', 'written');
      await stage.look({ card0: { group: ['bridge', 'card0', 'card1'] } });
    },
  },
  {
    name: 'removing a device in use blocks until it is let go',
    async play(stage) {
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{endpoint}/driver_override', 'vfio-pci', 'written');
      await stage.write('devices/{endpoint}/driver/unbind', '{endpoint}', 'written');
      await stage.write('drivers_probe', '{endpoint}', 'written');
      await stage.hold(['endpoint'], 'held');
      await stage.write('devices/{endpoint}/remove', '1', 'blocked');
      await stage.look({ endpoint: { driver: null } });
      await stage.write('devices/{nic}/sriov_numvfs', '1', 'blocked');
      await stage.release(['endpoint']);
      await stage.look({ endpoint: null, nic: { numVfs: 1 } });
      await stage.write('rescan', '1', 'written');
      await stage.look({ endpoint: { driver: 'e1000e', override: null } });
    },
  },
];
