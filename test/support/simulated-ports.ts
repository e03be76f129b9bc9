import type { HostPorts } from '../../lib/host/host-ports.ts';
import type { HostReader } from '../../lib/host/host-reader.ts';
import { LiveEvaluator } from '../../lib/host/live/evaluation/live-evaluator.ts';
import { LIVE_USER_FILES } from '../../lib/host/live/live-user-files.ts';
import type { RomReading } from '../../lib/host/rom-reader.ts';
import { MemoryLargeFiles } from './memory-large-files.ts';
import type { SimulatedMachine } from './simulated-changes.ts';

/** The background processes of a simulated machine, and the holder of its lock. */
export interface SimulatedPorts extends HostPorts {
  readonly started: readonly (readonly string[])[];
}

/** A simulated machine for a session: as root, with a program that only root can write. */
export function simulatedPorts(
  machine: SimulatedMachine,
  {
    isRoot = true,
    roms = {},
    input = '',
    large = new MemoryLargeFiles(),
  }: {
    readonly isRoot?: boolean;
    readonly roms?: Readonly<Record<string, RomReading>>;
    /** The content of stdin. */
    readonly input?: string;
    readonly large?: MemoryLargeFiles;
  } = {},
): SimulatedPorts {
  const started: (readonly string[])[] = [];
  let isLocked = false;
  return {
    started,
    reader: withFiles(machine),
    runner: machine.runner,
    background: {
      async start(program, args) {
        started.push([program, ...args]);
        return null;
      },
    },
    user: {
      isRoot,
      name: isRoot ? 'root' : 'user',
      processId: 4711,
      variable: () => null,
      programWords: () => ['/usr/bin/node', '/usr/lib/node_modules/portal-gun/dist/bin/pci.js'],
      distrustOf: () => null,
    },
    now: () => '2026-01-01T00:00:00.000Z',
    monotonicMs: () => 0,
    pause: async () => undefined,
    openFiles: async () => machine.files,
    openLargeFiles: async () => large,
    openUserFiles: async () => ({
      ...LIVE_USER_FILES,
      read: (path, maxBytes, code) =>
        path === '-' ? new TextEncoder().encode(input) : LIVE_USER_FILES.read(path, maxBytes, code),
    }),
    openEvaluator: async () => new LiveEvaluator(),
    openWriter: async () => ({
      write: (path, text) => machine.writer.write(path, text),
      close: () => undefined,
    }),
    openRoms: async () => ({
      readRom: async (directory) => roms[directory] ?? { at: 'read', failed: 'EIO' },
    }),
    // What a session has of a console is given by tests that need it: test/support/console-ports.ts.
    lockFile: async () => () => undefined,
    openChannel: async () => ({ failed: 'absent', detail: 'ENOENT' }),
    openGrowing: async () => null,
    async lock() {
      if (isLocked) throw new Error('the lock of the simulated machine is held already');
      isLocked = true;
      return () => {
        isLocked = false;
      };
    },
  };
}

/** A machine whose kernel and disk are read as one host. */
function withFiles({ reader, files }: SimulatedMachine): HostReader {
  const isFolder = (path: string): boolean =>
    [...files.files.keys()].some((each) => each.startsWith(`${path}/`));
  return {
    label: reader.label,
    readBytes(path) {
      const text = files.files.get(path);
      return text === undefined ? reader.readBytes(path) : new TextEncoder().encode(text);
    },
    readText: (path) => files.files.get(path) ?? reader.readText(path),
    readLink: (path) => reader.readLink(path),
    list(path) {
      const listed = reader.list(path);
      if (!isFolder(path)) return listed;
      const names = [...files.files.keys()]
        .filter((each) => each.startsWith(`${path}/`))
        .map((each) => each.slice(path.length + 1).split('/')[0] ?? '');
      return [...new Set([...(Array.isArray(listed) ? listed : []), ...names])].sort();
    },
    status: (path) => reader.status(path),
    deviceNumber: (path) => reader.deviceNumber(path),
    exists: (path) => files.files.has(path) || isFolder(path) || reader.exists(path),
    readLines(path, prefixes) {
      const text = files.files.get(path);
      if (text === undefined) return reader.readLines(path, prefixes);
      return text.split('\n').filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
    },
    readTable: (path) => files.files.get(path) ?? reader.readTable(path),
  };
}
