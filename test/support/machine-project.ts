import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostReader } from '../../lib/host/host-reader.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { MemoryLargeFiles } from './memory-large-files.ts';
import { type SimulatedMachine, simulateMachine } from './simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from './simulated-ports.ts';

const KERNEL = new TextEncoder().encode('kernel');
const SHA = createHash('sha256').update(KERNEL).digest('hex');
const BOOT = '/var/lib/portal-gun/boot';
/** The kernel of the store of each project. */
export const KERNEL_PATH = `${BOOT}/${SHA}`;
const FILE = { mode: 0o644, userId: 0, groupId: 0, kind: 'file' } as const;
const DIRECTORY = { ...FILE, kind: 'directory' } as const;

/** A simulated machine with a project in a directory of this one. */
export interface MachineProject {
  readonly root: string;
  readonly machine: SimulatedMachine;
  readonly ports: SimulatedPorts;
  /** Writes a file of the folder of a machine. */
  write(path: string, text: string): void;
  session(options?: { readonly connect?: string }): Promise<Session>;
}

/** @param above a directory to put the project into */
export function machineProject(
  above: string,
  host: HostReader,
  options: NonNullable<Parameters<typeof simulatedPorts>[1]> = {},
): MachineProject {
  const root = mkdtempSync(join(above, 'project-'));
  mkdirSync(join(root, 'machines'));
  const machine = simulateMachine(host);
  const stored = { sha256: SHA, sizeBytes: 1000 };
  machine.files.files.set(
    `${BOOT}/names/minivm.json`,
    JSON.stringify({
      ...{ version: 1, name: 'minivm', kernelVersion: '6.1.0', kernel: stored, elf: null, whyNoElf: 'no' },
      ...{ initrd: null, origin: { kind: 'file', path: '/tmp/vmlinuz' }, createdAt: '2026-01-01T00:00:00Z' },
    }),
  );
  machine.files.files.set(KERNEL_PATH, 'kernel');
  const large = new MemoryLargeFiles();
  large.files.set(KERNEL_PATH, KERNEL);
  const plain = simulatedPorts(machine, { large, ...options });
  const ports = { ...plain, reader: withProject(plain.reader, machine, root) };
  return {
    ...{ root, machine, ports },
    write(path, text) {
      const file = join(root, 'machines', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    session: (more = {}) => openSession({ pciIds: 'bundled', project: root, ...more }, ports),
  };
}

/** A host on which the files of plans, and a project of this machine, can be looked at. */
function withProject(reader: HostReader, { files }: SimulatedMachine, root: string): HostReader {
  const extra = (path: string): typeof FILE | typeof DIRECTORY | null => {
    if (files.files.has(path)) return FILE;
    if (files.folders.has(path)) return DIRECTORY;
    if (!path.startsWith(`${root}/`)) return null;
    const status = statSync(path, { throwIfNoEntry: false });
    return status === undefined ? null : status.isDirectory() ? DIRECTORY : FILE;
  };
  return new Proxy(reader, {
    get(target, key: keyof HostReader) {
      if (key === 'status') return (path: string) => extra(path) ?? target.status(path);
      return target[key];
    },
  });
}
