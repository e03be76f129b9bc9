import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAFETY_RULES } from '../../lib/checks/safety/safety-rules.ts';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import type { SnapshotEntry } from '../../lib/host/snapshot/snapshot.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { BOOT_ID_PATH, EARLIER_DRIVERS_PATH, FIX_PATHS, UPTIME_PATH } from '../../lib/sysfs/paths.ts';
import { Killed } from './faults.ts';
import { BINDING_FILES, DEBIAN, INITRAMFS_STATE, VFS_RECORD } from './hosts-with-files.ts';
import { type Outcome, pciOn, ROOT } from './pci-program.ts';
import { type SimulatedMachine, simulateMachine } from './simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from './simulated-ports.ts';

/** A simulated machine of the lab, with Debian on its disk and without persisted records. */
export interface LabMachine {
  readonly machine: SimulatedMachine;
  readonly ports: SimulatedPorts;
  /** The driver of a function; `null` for none. */
  driverOf(address: string): string | null;
  /** The number of VFs of a PF. */
  vfsOf(address: string): number;
  /** Runs `pci` on it. */
  run(...args: readonly string[]): Promise<Outcome>;
}

/** The accepted rules, because a simulated host has no processes, so many of its uses are unknown. */
export const UNTOLD_RULES = SAFETY_RULES.map(({ name }) => name);
export const ALLOW_UNTOLD = ['--allow', UNTOLD_RULES.join()];

export function labMachine({
  isRoot = true,
  fixture = 'lab-intel',
}: {
  readonly isRoot?: boolean;
  readonly fixture?: string;
} = {}): LabMachine {
  const machine = simulateMachine(onDisk(fixture));
  const ports = simulatedPorts(machine, { isRoot });
  const directory = (address: string): string => `/sys/bus/pci/devices/${address}`;
  return {
    machine,
    ports,
    driverOf(address) {
      const link = machine.reader.readLink(`${directory(address)}/driver`);
      return typeof link === 'string' ? link.slice(link.lastIndexOf('/') + 1) : null;
    },
    vfsOf: (address) => Number(machine.reader.readText(`${directory(address)}/sriov_numvfs`)),
    run: (...args) => pciOn(ports, args),
  };
}

function onDisk(name: string): SnapshotHost {
  const snapshot = parseSnapshot(readFileSync(join(ROOT, `fixtures/${name}.snapshot`), 'utf8'), name);
  const entries = new Map<string, SnapshotEntry>(snapshot.entries);
  const absent = [
    ...BINDING_FILES,
    VFS_RECORD,
    INITRAMFS_STATE,
    EARLIER_DRIVERS_PATH,
    ...Object.values(FIX_PATHS),
  ];
  for (const path of absent) entries.set(path, { kind: 'absent' });
  for (const path of DEBIAN) entries.set(path, { kind: 'present' });
  entries.set(BOOT_ID_PATH, { kind: 'text', text: 'a-boot\n' });
  entries.set(UPTIME_PATH, { kind: 'text', text: '100.00 90.00\n' });
  return new SnapshotHost({ ...snapshot, entries });
}

/** The ports of a machine on which the program is killed at its n-th write to the kernel, counted from 0. */
export function killedAt(ports: SimulatedPorts, nth: number): HostPorts {
  let writes = 0;
  return {
    ...ports,
    async openWriter() {
      const writer = await ports.openWriter();
      return {
        ...writer,
        write(path, text) {
          if (writes === nth) throw new Killed();
          writes += 1;
          return writer.write(path, text);
        },
      };
    },
  };
}
