import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { capability, configBytes } from '../config-bytes.ts';
import { buildHost } from '../host-builder.ts';
import type { HostTree } from '../host-tree.ts';
import { networkInterface } from '../things.ts';
import { gigabitNic, hostBridge, usbController } from './functions.ts';

/** One function for each kind of damage; the first has none. */
export function brokenConfig(): Snapshot {
  const nic = (slot: number): string => `0000:00:0${slot}.0`;
  return buildHost({
    label: 'broken-config',
    functions: [
      hostBridge(),
      gigabitNic(nic(1), { config: loopedList() }),
      gigabitNic(nic(2), { readableConfigBytes: 200 }),
      gigabitNic(nic(3), { config: new Uint8Array(256).fill(0xff) }),
      gigabitNic(nic(4), { driver: undefined, attributes: { vendor: null, uevent: null } }),
      gigabitNic(nic(5), { attributes: { resource: '0x00000000fe840000 0x00000000fe85ffff' } }),
      gigabitNic(nic(6), { attributes: { numa_node: 'none', class: '0x02', uevent: 'DRIVER=e1000e' } }),
      gigabitNic(nic(7), { readableConfigBytes: 0 }),
    ],
  });
}

function loopedList(): Uint8Array {
  const bytes = configBytes({
    ids: '8086:10d3',
    classCode: '020000',
    revision: '00',
    capabilities: [capability.powerManagement(), capability.msi()],
  });
  bytes[0x49] = 0x40;
  return bytes;
}

/** Names and texts that a terminal would interpret, hide or reorder, or that lead out of the host. */
export function hostileNames(): Snapshot {
  const erase = '\u001b[2J';
  const reversed = '\u202etxt.exe';
  return buildHost({
    label: 'hostile-names',
    functions: [
      hostBridge({ label: `${erase}Onboard${reversed}` }),
      gigabitNic('0000:00:19.0', {
        driver: `e1000${erase}`,
        driverOverride: `vfio\u0007${reversed}`,
        below: {
          ...networkInterface(`eth${reversed}`, `52:54:00\u001b]0;owned\u0007`),
          ...networkInterface('eth 0\u200b', '52:54:00:00:00:19', 'up\nPCI_ID=FFFF:FFFF'),
        },
      }),
      usbController('0000:00:1d.0', {
        attributes: { power_state: `D0${erase}`, reset_method: `flr${erase}` },
      }),
    ],
    slots: { [`1${erase}`]: '0000:00:1d' },
    change: putHostileEntries,
  });
}

function putHostileEntries(tree: HostTree): void {
  const bus = '/sys/bus/pci/devices';
  tree.link(`${bus}/not-an-address`, '../../../devices/pci0000:00/0000:00:00.0');
  tree.link(`${bus}/0000:00:1b.0 \u001b[31m`, '../../../devices/pci0000:00/0000:00:00.0');
  tree.link(`${bus}/0000:00:1a.0`, '../../../../../../../../etc');
  tree.link(`${bus}/0000:00:1a.1`, '/etc/passwd');
  tree.link(`${bus}/0000:00:1a.2`, '0000:00:1a.2');
  tree.link(`${bus}/0000:00:1a.3`, '../../../devices/pci0000:00/0000:00:1a.3');
}
