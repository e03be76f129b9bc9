import type { Scenario } from './scenario.ts';

/** Drivers that are told to take a device, to let go of one, and to look for one. */
export const bindingScenarios: readonly Scenario[] = [
  {
    name: 'a device is unbound and bound again',
    async play(stage) {
      await stage.look({ pair0: { driver: 'e1000e', override: null, interfaces: 1 } });
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.look({
        pair0: { driver: null, interfaces: 0, group: ['pair0', 'pair1'] },
        pair1: { interfaces: 1 },
      });
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'ENODEV');
      await stage.write('drivers/e1000e/bind', '{pair0}\n', 'written');
      await stage.look({ pair0: { driver: 'e1000e', interfaces: 1 } });
    },
  },
  {
    name: 'a device is unbound through its own link, and probed',
    async play(stage) {
      await stage.write('devices/{pair0}/driver/unbind', '{pair0}', 'written');
      await stage.write('devices/{pair0}/driver/unbind', '{pair0}', 'ENOENT');
      await stage.write('devices/{pair1}/driver/unbind', '{pair0}', 'ENODEV');
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'e1000e' } });
    },
  },
  {
    name: "the driver's link of one device unbinds another of its driver",
    async play(stage) {
      await stage.write('devices/{pair0}/driver/unbind', '{pair1}', 'written');
      await stage.look({ pair0: { driver: 'e1000e' }, pair1: { driver: null } });
    },
  },
  {
    name: 'a driver refuses what is bound, and what is not its own',
    async play(stage) {
      await stage.write('drivers/e1000e/bind', '{pair0}', 'EBUSY');
      await stage.write('drivers/igb/bind', '{pair0}', 'ENODEV');
      await stage.write('drivers/igb/unbind', '{pair0}', 'ENODEV');
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.write('drivers/igb/bind', '{pair0}', 'ENODEV');
      await stage.write('drivers/e1000e/bind', '{plain}', 'ENODEV');
      await stage.look({ pair0: { driver: null }, plain: { driver: null } });
    },
  },
  {
    name: 'a probe finds a driver, or none, and says so of neither',
    async play(stage) {
      await stage.write('drivers_probe', '{plain}', 'written');
      await stage.look({ plain: { driver: null } });
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'e1000e' } });
    },
  },
  {
    name: 'the port of a switch lets go, and what is behind it does not notice',
    async play(stage) {
      await stage.write('drivers/pcieport/unbind', '{switchDown}', 'written');
      await stage.look({
        switchDown: { driver: null },
        endpoint: { driver: 'e1000e', group: ['endpoint', 'switchDown'] },
      });
      await stage.write('drivers_probe', '{switchDown}', 'written');
      await stage.look({ switchDown: { driver: 'pcieport' } });
    },
  },
];
