import type { Scenario } from './scenario.ts';

const NUMBER = 'devices/{nic}/sriov_numvfs';
const AUTOPROBE = 'devices/{nic}/sriov_drivers_autoprobe';

/** Virtual functions that come and go. */
export const sriovScenarios: readonly Scenario[] = [
  {
    name: 'VFs come, each with a group of its own, and go',
    async play(stage) {
      await stage.look({ nic: { numVfs: 0, totalVfs: 7, vfs: [], group: ['nic'] } });
      await stage.write(NUMBER, '2', 'written');
      await stage.look({
        nic: { driver: 'igb', numVfs: 2, vfs: ['nic.vf0', 'nic.vf1'], group: ['nic'] },
        'nic.vf0': { driver: 'igbvf', override: null, group: ['nic.vf0'], interfaces: 1, pf: 'nic' },
        'nic.vf1': { driver: 'igbvf', group: ['nic.vf1'], pf: 'nic' },
      });
      await stage.write('devices/{nic.vf0}/remove', '1', 'ENOENT');
      await stage.write('devices/{nic.vf0}/sriov_numvfs', '1', 'ENOENT');
      await stage.write(NUMBER, '2', 'written');
      await stage.look({ nic: { numVfs: 2 } });
      await stage.write(NUMBER, '0', 'written');
      await stage.look({ nic: { numVfs: 0, vfs: [], interfaces: 1 }, 'nic.vf0': null, 'nic.vf1': null });
      await stage.write(NUMBER, '7', 'written');
      await stage.look({ nic: { numVfs: 7 }, 'nic.vf6': { driver: 'igbvf', group: ['nic.vf6'] } });
    },
  },
  {
    name: 'the number of VFs changes over 0 alone',
    async play(stage) {
      await stage.write(NUMBER, '2', 'written');
      await stage.write(NUMBER, '4', 'EBUSY');
      await stage.write(NUMBER, '1', 'EBUSY');
      await stage.write(NUMBER, '8', 'ERANGE');
      await stage.look({ nic: { numVfs: 2 } });
      await stage.write(NUMBER, '00\n', 'written');
      await stage.write(NUMBER, '+1', 'written');
      await stage.look({ nic: { numVfs: 1 }, 'nic.vf0': {} });
    },
  },
  {
    name: 'a number of VFs that is none, or too large',
    async play(stage) {
      for (const text of ['x', '-1', ' 2', '2x', '1.5', '0x', '65536', '99999999999999999999']) {
        await stage.write(NUMBER, text, 'EINVAL');
      }
      for (const text of ['8', '010', '0xff', '65535']) await stage.write(NUMBER, text, 'ERANGE');
      await stage.write(NUMBER, '', 'written');
      await stage.write('devices/{plain}/sriov_numvfs', '1', 'ENOENT');
      await stage.look({ nic: { numVfs: 0 } });
      await stage.write(NUMBER, '0x3\n', 'written');
      await stage.look({ nic: { numVfs: 3, vfs: ['nic.vf0', 'nic.vf1', 'nic.vf2'] } });
    },
  },
  {
    name: 'without autoprobe VFs come without a driver, and get one by an override',
    async play(stage) {
      for (const text of ['x', '2', ''])
        await stage.write(AUTOPROBE, text, text === '' ? 'written' : 'EINVAL');
      await stage.write(AUTOPROBE, '0', 'written');
      await stage.write(NUMBER, '2', 'written');
      await stage.look({
        'nic.vf0': { driver: null, group: ['nic.vf0'], interfaces: 0 },
        'nic.vf1': { driver: null },
      });
      await stage.write('drivers_probe', '{nic.vf0}', 'written');
      await stage.write('drivers/igbvf/bind', '{nic.vf0}', 'ENODEV');
      await stage.look({ 'nic.vf0': { driver: null } });
      await stage.write('devices/{nic.vf0}/driver_override', 'igbvf', 'written');
      await stage.write('drivers_probe', '{nic.vf0}', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf', override: 'igbvf', interfaces: 1 } });
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{nic.vf1}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{nic.vf1}', 'written');
      await stage.look({ 'nic.vf1': { driver: 'vfio-pci' } });
      await stage.write(NUMBER, '0', 'written');
      await stage.write(AUTOPROBE, 'y', 'written');
      await stage.write(NUMBER, '1', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf', override: null } });
    },
  },
  {
    name: 'autoprobe that is turned on again counts for the next probe',
    async play(stage) {
      await stage.write(AUTOPROBE, 'n', 'written');
      await stage.write(NUMBER, '1', 'written');
      await stage.write(AUTOPROBE, '1', 'written');
      await stage.look({ 'nic.vf0': { driver: null } });
      await stage.write('drivers_probe', '{nic.vf0}', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
    },
  },
  {
    name: 'igb takes its VFs with it, and a PF without a driver makes none',
    async play(stage) {
      await stage.write(NUMBER, '2', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
      await stage.write('drivers/igb/unbind', '{nic}', 'written');
      await stage.look({ nic: { driver: null, numVfs: 0, vfs: [], interfaces: 0 }, 'nic.vf0': null });
      await stage.write(NUMBER, '2', 'ENOENT');
      await stage.write(NUMBER, '0', 'written');
      await stage.write(NUMBER, '9', 'ERANGE');
      await stage.write('drivers_probe', '{nic}', 'written');
      await stage.look({ nic: { driver: 'igb', totalVfs: 7, interfaces: 1 } });
      await stage.write(NUMBER, '1', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
    },
  },
  {
    name: 'a PF on vfio-pci makes no VFs',
    async play(stage) {
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{nic}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers/igb/unbind', '{nic}', 'written');
      await stage.write('drivers_probe', '{nic}', 'written');
      await stage.look({ nic: { driver: 'vfio-pci', numVfs: 0 } });
      await stage.write(NUMBER, '2', 'ENOENT');
      await stage.write(NUMBER, '0', 'written');
    },
  },
  {
    name: "a drive's VFs come without a driver, since they are off, and go to vfio-pci all the same",
    async play(stage) {
      await stage.look({ drive: { driver: 'nvme', numVfs: 0, totalVfs: 4 } });
      await stage.write('devices/{drive}/sriov_numvfs', '5', 'ERANGE');
      await stage.write('devices/{drive}/sriov_numvfs', '4', 'written');
      await stage.look({
        drive: { driver: 'nvme', numVfs: 4, vfs: ['drive.vf0', 'drive.vf1', 'drive.vf2', 'drive.vf3'] },
        'drive.vf0': { driver: null, group: ['drive.vf0'], pf: 'drive' },
        'drive.vf3': { driver: null, group: ['drive.vf3'] },
      });
      await stage.write('drivers/nvme/bind', '{drive.vf0}', 'ENODEV');
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{drive.vf0}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{drive.vf0}', 'written');
      await stage.look({ 'drive.vf0': { driver: 'vfio-pci' } });
      await stage.write('devices/{drive}/sriov_numvfs', '0', 'written');
      await stage.look({ drive: { numVfs: 0, vfs: [] }, 'drive.vf0': null });
    },
  },
  {
    name: 'nvme leaves its VFs behind, and nothing can be done about them without it',
    async play(stage) {
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{drive}/sriov_numvfs', '2', 'written');
      await stage.write('drivers/nvme/unbind', '{drive}', 'written');
      await stage.look({
        drive: { driver: null, numVfs: 2, vfs: ['drive.vf0', 'drive.vf1'] },
        'drive.vf0': { pf: 'drive' },
      });
      await stage.write('devices/{drive}/sriov_numvfs', '0', 'ENOENT');
      await stage.write('devices/{drive}/sriov_numvfs', '2', 'written');
      await stage.write('devices/{drive}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{drive}', 'written');
      await stage.write('drivers/vfio-pci/bind', '{drive}', 'EBUSY');
      await stage.look({ drive: { driver: null } });
      await stage.write('devices/{drive}/driver_override', '\n', 'written');
      await stage.write('drivers_probe', '{drive}', 'written');
      await stage.look({ drive: { driver: 'nvme', numVfs: 2 } });
      await stage.write('devices/{drive}/sriov_numvfs', '0', 'written');
      await stage.look({ drive: { numVfs: 0 }, 'drive.vf0': null });
    },
  },
];
