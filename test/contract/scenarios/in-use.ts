import type { Stage } from '../stage.ts';
import type { Scenario } from './scenario.ts';

async function giveToVfio(stage: Stage, names: readonly string[]): Promise<void> {
  await stage.loadDriver('vfio-pci');
  for (const name of names) {
    await stage.write(`devices/{${name}}/driver_override`, 'vfio-pci', 'written');
    // It has none to let go of where the host has no module for it.
    await stage.write(`devices/{${name}}/driver/unbind`, `{${name}}`, null);
    await stage.write('drivers_probe', `{${name}}`, 'written');
  }
}

/** Devices that a virtual machine has. */
export const inUseScenarios: readonly Scenario[] = [
  {
    name: 'a group goes to a machine whole or not at all',
    async play(stage) {
      await giveToVfio(stage, ['pair0']);
      await stage.look({
        pair0: { driver: 'vfio-pci' },
        pair1: { driver: 'e1000e', group: ['pair0', 'pair1'] },
      });
      await stage.hold(['pair0'], 'refused');
      await stage.write('drivers/e1000e/unbind', '{pair1}', 'written');
      await stage.hold(['pair0'], 'held');
      await stage.hold(['pair0'], 'refused');
      await stage.release(['pair0']);
      await stage.write('drivers_probe', '{pair1}', 'written');
      await stage.look({ pair1: { driver: 'e1000e' } });
    },
  },
  {
    name: 'a device in use blocks who takes its driver off, until it is let go',
    async play(stage) {
      await giveToVfio(stage, ['pair0', 'pair1']);
      await stage.hold(['pair0'], 'held');
      await stage.write('devices/{pair0}/reset', '1', 'written');
      await stage.write('drivers/vfio-pci/unbind', '{pair0}', 'blocked');
      await stage.look({ pair0: { driver: null, override: 'vfio-pci' }, pair1: { driver: 'vfio-pci' } });
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.write('drivers/vfio-pci/unbind', '{pair0}', 'blocked');
      await stage.write('drivers/vfio-pci/bind', '{pair0}', 'blocked');
      await stage.write('drivers/e1000e/bind', '{pair0}', 'ENODEV');
      await stage.write('devices/{pair0}/reset', '1', 'blocked');
      await stage.write('devices/{pair0}/driver_override', '\n', 'written');
      await stage.write('drivers/e1000e/bind', '{pair0}', 'blocked');
      await stage.write('devices/{pair0}/driver_override', 'nobody', 'written');
      await stage.look({ pair0: { driver: null, override: 'nobody' } });
      await stage.release(['pair0']);
      await stage.look({ pair0: { driver: null, override: 'nobody' }, pair1: { driver: 'vfio-pci' } });
    },
  },
  {
    name: 'a machine keeps the drivers of the host out of its group',
    async play(stage) {
      await giveToVfio(stage, ['pair0', 'pair1']);
      await stage.hold(['pair0'], 'held');
      await stage.write('devices/{pair1}/driver_override', '\n', 'written');
      await stage.write('drivers/vfio-pci/unbind', '{pair1}', 'written');
      await stage.look({ pair0: { driver: 'vfio-pci' }, pair1: { driver: null } });
      await stage.write('drivers/e1000e/bind', '{pair1}', 'EBUSY');
      await stage.write('drivers_probe', '{pair1}', 'EINVAL');
      await stage.look({ pair1: { driver: null } });
      await stage.write('devices/{pair1}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{pair1}', 'written');
      await stage.look({ pair1: { driver: 'vfio-pci' } });
      await stage.write('devices/{pair1}/driver_override', '\n', 'written');
      await stage.write('drivers/vfio-pci/unbind', '{pair1}', 'written');
      await stage.release(['pair0']);
      await stage.write('drivers_probe', '{pair1}', 'written');
      await stage.look({ pair1: { driver: 'e1000e' } });
    },
  },
  {
    name: 'two cards behind a bridge are one group, and the bridge stays',
    async play(stage) {
      await stage.look({ card0: { group: ['bridge', 'card0', 'card1'] }, bridge: {} });
      await giveToVfio(stage, ['card0']);
      await stage.hold(['card0'], 'refused');
      await giveToVfio(stage, ['card1']);
      await stage.hold(['card0', 'card1'], 'held');
      await stage.look({
        card0: { driver: 'vfio-pci' },
        card1: { driver: 'vfio-pci' },
        bridge: {},
      });
      await stage.release(['card0', 'card1']);
    },
  },
  {
    name: 'a port above a device in use can come and go',
    async play(stage) {
      await giveToVfio(stage, ['endpoint']);
      await stage.hold(['endpoint'], 'held');
      await stage.write('drivers/pcieport/unbind', '{switchDown}', 'written');
      await stage.write('drivers_probe', '{switchDown}', 'written');
      await stage.look({ switchDown: { driver: 'pcieport' }, endpoint: { driver: 'vfio-pci' } });
    },
  },
  {
    name: 'a VF in use blocks who takes the VFs away, and with that the whole bus',
    async play(stage) {
      await stage.write('devices/{nic}/sriov_numvfs', '2', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' }, 'nic.vf1': { driver: 'igbvf' } });
      await giveToVfio(stage, ['nic.vf0']);
      await stage.hold(['nic.vf0'], 'held');
      await stage.write('devices/{nic}/sriov_numvfs', '2', 'written');
      await stage.write('devices/{nic}/sriov_numvfs', '1', 'EBUSY');
      await stage.write('devices/{nic}/sriov_numvfs', '0', 'blocked');
      await stage.look(
        {
          nic: { driver: 'igb', vfs: ['nic.vf1'] },
          'nic.vf0': { driver: null, pf: null },
          'nic.vf1': { driver: 'igbvf' },
        },
        ['nic'],
      );
      await stage.write('devices/{nic}/sriov_numvfs', '0', 'blocked');
      await stage.write('devices/{nic}/sriov_numvfs', '8', 'ERANGE');
      await stage.write('devices/{endpoint}/remove', '1', 'blocked');
      await stage.write('rescan', '1', 'blocked');
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.look({ endpoint: { driver: 'e1000e' }, pair0: { driver: null } });
      await stage.release(['nic.vf0']);
      await stage.look({ nic: { numVfs: 0, vfs: [] }, 'nic.vf0': null, 'nic.vf1': null });
    },
  },
  {
    name: 'a VF in use blocks its PF from losing its driver',
    async play(stage) {
      await stage.write('devices/{nic}/sriov_numvfs', '1', 'written');
      await stage.look({ 'nic.vf0': { driver: 'igbvf' } });
      await giveToVfio(stage, ['nic.vf0']);
      await stage.hold(['nic.vf0'], 'held');
      await stage.write('drivers/igb/unbind', '{nic}', 'blocked');
      await stage.look({ nic: { driver: null, interfaces: 1 }, 'nic.vf0': { driver: null } }, ['nic']);
      await stage.release(['nic.vf0']);
      await stage.look({ nic: { driver: null, numVfs: 0, interfaces: 0 }, 'nic.vf0': null });
    },
  },
];
