import { PortalGunError } from '../../../base/errors.ts';
import { formatSize } from '../../../base/text.ts';
import { type HostReader, isFailure } from '../../../host/host-reader.ts';
import type { Virsh } from '../../../libvirt/virsh.ts';
import { isIsolatedNetwork } from '../../../machines/network/network-name.ts';
import type { HostSession } from '../../session/host-session.ts';
import type { ProjectMachine } from '../project-machines.ts';

/** A reason why machines cannot start. */
interface Obstacle {
  readonly subject: string;
  readonly message: string;
  readonly hint: string;
}

/** The longest path of a socket: `sun_path` has 108 bytes, with one at its end. */
const MAX_SOCKET_PATH = 107;

/**
 * Refuses to start machines that cannot start, before anything is changed: libvirt would report it late, with the
 * message of QEMU.
 *
 * @throws PortalGunError CANNOT_START with the first obstacle, and how many more there are
 */
export async function demandStartable(
  { ports }: HostSession,
  virsh: Virsh,
  machines: readonly ProjectMachine[],
): Promise<void> {
  const { reader } = ports;
  const networks = await missingNetworks(virsh, machines);
  const obstacles = [
    ...memoryObstacles(reader, machines),
    ...machines.flatMap((each) => [
      ...fileObstacles(reader, each),
      ...networkObstacles(reader, networks, each),
      ...socketObstacles(each),
    ]),
  ];
  const [first] = obstacles;
  if (first === undefined) return;
  const more = obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : '';
  throw new PortalGunError('CANNOT_START', `${first.message}${more}`, {
    subject: first.subject,
    hint: first.hint,
  });
}

function memoryObstacles(reader: HostReader, machines: readonly ProjectMachine[]): readonly Obstacle[] {
  const text = reader.readText('/proc/meminfo');
  const amount = typeof text === 'string' ? /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] : undefined;
  if (amount === undefined) return [];
  const free = Number(amount) * 1024;
  const wanted = machines
    .filter(({ machine }) => !machine.definition.memory.hugePages)
    .reduce((sum, { machine }) => sum + machine.definition.memory.sizeBytes, 0);
  const [first] = machines;
  if (wanted <= free || first === undefined) return [];
  const subject = machines.length === 1 ? first.machine.definition.name : `${machines.length} machines`;
  return [
    {
      subject,
      message: `needs ${formatSize(wanted)} of memory, and the host has ${formatSize(free)} available`,
      hint: 'set a smaller "memory" in the definition, or stop other VMs: portal halt NAME',
    },
  ];
}

/** A file that a VM needs; `null` if it needs none. */
interface NamedFile {
  readonly what: string;
  readonly path: string | null;
}

function fileObstacles(reader: HostReader, { machine }: ProjectMachine): readonly Obstacle[] {
  const { kernel, disks, shares, definition } = machine;
  const subject = definition.name;
  const files: readonly NamedFile[] = [
    { what: 'kernel', path: kernel?.kernel ?? null },
    { what: 'initramfs', path: kernel?.initrd ?? null },
    ...disks.map(({ name, path, content }): NamedFile => {
      if (content.kind === 'overlay') return { what: `image of disk ${name}`, path: content.base };
      return { what: `disk ${name}`, path: content.kind === 'file' ? path : null };
    }),
  ];
  const missing = files.filter(({ path }) => path !== null && !isKind(reader, path, 'file'));
  const noShares = shares.filter(({ path }) => !isKind(reader, path, 'directory'));
  return [
    ...missing.map(({ what, path }) => ({
      subject,
      message: `its ${what} does not exist: ${path}`,
      hint: `restore the file, or change the definition; check it: portal check ${subject}`,
    })),
    ...noShares.map(({ name, path }) => ({
      subject,
      message: `the directory of its share ${name} does not exist: ${path}`,
      hint: `create it: mkdir ${path}`,
    })),
  ];
}

function isKind(reader: HostReader, path: string, kind: 'file' | 'directory'): boolean {
  const status = reader.status(path);
  return status !== null && !isFailure(status) && status.kind === kind;
}

/** Networks that the definitions name and libvirt does not have, or that do not run. */
async function missingNetworks(
  virsh: Virsh,
  machines: readonly ProjectMachine[],
): Promise<ReadonlyMap<string, 'missing' | 'inactive'>> {
  const named = new Set(
    machines.flatMap(({ machine }) => machine.definition.nics.flatMap(({ network }) => network ?? [])),
  );
  const wanted = [...named].filter((network) => !isIsolatedNetwork(network));
  if (wanted.length === 0) return new Map();
  const [all, active] = await virsh.runAll(
    [
      ['net-list', '--all', '--name'],
      ['net-list', '--name'],
    ],
    { readOnly: true },
  );
  const isIn = (output: string | undefined, name: string): boolean =>
    (output ?? '').split('\n').some((line) => line.trim() === name);
  return new Map(
    wanted.flatMap((name): readonly (readonly [string, 'missing' | 'inactive'])[] => {
      if (!isIn(all?.output, name)) return [[name, 'missing']];
      return isIn(active?.output, name) ? [] : [[name, 'inactive']];
    }),
  );
}

function networkObstacles(
  reader: HostReader,
  networks: ReadonlyMap<string, 'missing' | 'inactive'>,
  { machine }: ProjectMachine,
): readonly Obstacle[] {
  const subject = machine.definition.name;
  return machine.definition.nics.flatMap(({ network, bridge }): readonly Obstacle[] => {
    if (bridge !== null && !reader.exists(`/sys/class/net/${bridge}/bridge`)) {
      const isThere = reader.exists(`/sys/class/net/${bridge}`);
      return [
        {
          subject,
          message: isThere
            ? `${bridge} is a network interface, and not a bridge`
            : `the host has no bridge ${bridge}`,
          hint: `create it: ip link add ${bridge} type bridge; or use a network: isolated/NAME`,
        },
      ];
    }
    const state = network === null ? undefined : networks.get(network);
    if (network === null || state === undefined) return [];
    return [
      state === 'missing'
        ? {
            subject,
            message: `libvirt has no network ${network}`,
            hint: `list the networks: virsh net-list --all; or use isolated/${network}, which portal creates`,
          }
        : {
            subject,
            message: `the network ${network} is not active`,
            hint: `start it: virsh net-start ${network}`,
          },
    ];
  });
}

function socketObstacles({ machine }: ProjectMachine): readonly Obstacle[] {
  const { console: path } = machine.paths;
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return [];
  return [
    {
      subject: machine.definition.name,
      message: `the path of its console is longer than ${MAX_SOCKET_PATH} bytes: ${path}`,
      hint: 'use a shorter name for the machine',
    },
  ];
}
