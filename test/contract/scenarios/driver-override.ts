import type { Scenario } from './scenario.ts';

const OVERRIDE = 'devices/{pair0}/driver_override';

/** `driver_override`, and vfio-pci, which is what it is for. */
export const overrideScenarios: readonly Scenario[] = [
  {
    name: 'an override is set, kept by an empty write, and cleared by a line end',
    async play(stage) {
      await stage.write(OVERRIDE, 'vfio-pci', 'written');
      await stage.look({ pair0: { driver: 'e1000e', override: 'vfio-pci' } });
      await stage.write(OVERRIDE, '', 'written');
      await stage.look({ pair0: { override: 'vfio-pci' } });
      await stage.write(OVERRIDE, '\n', 'written');
      await stage.look({ pair0: { driver: 'e1000e', override: null } });
    },
  },
  {
    name: 'an override is what stands in the first line, blanks and all, up to a page',
    async play(stage) {
      await stage.write(OVERRIDE, 'vfio-pci\nmore', 'written');
      await stage.look({ pair0: { override: 'vfio-pci' } });
      await stage.write(OVERRIDE, ' a b ', 'written');
      await stage.look({ pair0: { override: ' a b ' } });
      await stage.write(OVERRIDE, 'x'.repeat(4095), 'EINVAL');
      await stage.write(OVERRIDE, 'x'.repeat(4096), 'EINVAL');
      await stage.look({ pair0: { override: ' a b ' } });
      await stage.write(OVERRIDE, 'x'.repeat(4094), 'written');
      await stage.look({ pair0: { override: 'x'.repeat(4094) } });
      await stage.write(OVERRIDE, '\nmore', 'written');
      await stage.look({ pair0: { override: null } });
    },
  },
  {
    name: 'an override that no driver has keeps every driver away',
    async play(stage) {
      await stage.write(OVERRIDE, 'nobody', 'written');
      await stage.look({ pair0: { driver: 'e1000e', override: 'nobody' } });
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.write('drivers/e1000e/bind', '{pair0}', 'ENODEV');
      await stage.look({ pair0: { driver: null, override: 'nobody' } });
      await stage.write(OVERRIDE, '\n', 'written');
      await stage.look({ pair0: { driver: null } });
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'e1000e' } });
    },
  },
  {
    name: 'a driver that is loaded later takes what its override gives it, if nothing else has it',
    async play(stage) {
      await stage.write('drivers/vfio-pci/bind', '{pair0}', 'ENOENT');
      await stage.write(OVERRIDE, 'vfio-pci', 'written');
      await stage.write('devices/{pair1}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: null } });
      await stage.loadDriver('vfio-pci');
      await stage.look({ pair0: { driver: 'vfio-pci' }, pair1: { driver: 'e1000e', override: 'vfio-pci' } });
    },
  },
  {
    name: 'a device goes to vfio-pci and comes back',
    async play(stage) {
      await stage.loadDriver('vfio-pci');
      await stage.write('drivers/vfio-pci/bind', '{plain}', 'ENODEV');
      await stage.write('devices/{plain}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{plain}', 'written');
      await stage.look({ plain: { driver: 'vfio-pci', override: 'vfio-pci' } });
      await stage.write(OVERRIDE, 'vfio-pci', 'written');
      await stage.write('drivers/vfio-pci/bind', '{pair0}', 'EBUSY');
      await stage.write('drivers/e1000e/unbind', '{pair0}', 'written');
      await stage.write('drivers/vfio-pci/bind', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'vfio-pci', interfaces: 0 }, pair1: { driver: 'e1000e' } });
      await stage.write(OVERRIDE, '\n', 'written');
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'vfio-pci', override: null } });
      await stage.write('drivers/vfio-pci/unbind', '{pair0}', 'written');
      await stage.write('drivers/vfio-pci/bind', '{pair0}', 'ENODEV');
      await stage.write('drivers_probe', '{pair0}', 'written');
      await stage.look({ pair0: { driver: 'e1000e', interfaces: 1 } });
    },
  },
  {
    name: 'vfio-pci refuses a port, to its face alone',
    async play(stage) {
      await stage.loadDriver('vfio-pci');
      await stage.write('devices/{switchDown}/driver/unbind', '{switchDown}', 'written');
      await stage.write('devices/{switchDown}/driver_override', 'vfio-pci', 'written');
      await stage.write('drivers_probe', '{switchDown}', 'written');
      await stage.write('drivers/vfio-pci/bind', '{switchDown}', 'EINVAL');
      await stage.look({ switchDown: { driver: null, override: 'vfio-pci' } });
    },
  },
];
