import type { Scenario } from './scenario.ts';

/** Writes that go nowhere. */
export const wrongInputScenarios: readonly Scenario[] = [
  {
    name: 'paths that are no attributes',
    async play(stage) {
      await stage.write('devices/0000:ff:1f.7/driver_override', 'x', 'ENOENT');
      await stage.write('devices/{pair0}/no_such_attribute', 'x', 'ENOENT');
      await stage.write('drivers/no-such-driver/bind', '{pair0}', 'ENOENT');
      await stage.write('devices', 'x', 'EISDIR');
      await stage.write('drivers/e1000e', 'x', 'EISDIR');
      await stage.write('devices/{pair0}', 'x', 'ELOOP');
      await stage.write('devices/{pair0}/driver', 'x', 'ELOOP');
      await stage.write('devices/{pair0}/iommu_group', 'x', 'ELOOP');
    },
  },
  {
    name: 'attributes that are for reading alone',
    async play(stage) {
      for (const name of ['vendor', 'device', 'class', 'modalias', 'resource']) {
        await stage.write(`devices/{pair0}/${name}`, '1', 'EACCES');
      }
      await stage.write('devices/{nic}/sriov_totalvfs', '1', 'EACCES');
      await stage.write('devices/{nic}/sriov_offset', '', 'EACCES');
    },
  },
  {
    name: 'addresses that are none, or are written otherwise',
    async play(stage) {
      for (const text of ['x', '0000:ff:1f.7', ' {pair0}', '{pair0} ', '{pair0}\n\n', '/{pair0}']) {
        await stage.write('drivers/e1000e/unbind', text, 'ENODEV');
        await stage.write('drivers/e1000e/bind', text, 'ENODEV');
        await stage.write('drivers_probe', text, 'ENODEV');
      }
      for (const name of ['drivers/e1000e/unbind', 'drivers/e1000e/bind', 'drivers_probe', 'rescan']) {
        await stage.write(name, '', 'written');
      }
      await stage.look({ pair0: { driver: 'e1000e' } });
    },
  },
  {
    name: 'a text of more than a page',
    async play(stage) {
      await stage.write('devices/{pair0}/driver_override', 'x'.repeat(4097), 'E2BIG');
      await stage.look({ pair0: { override: null } });
    },
  },
];
