import type { HostReader } from '../../../host/host-reader.ts';
import { MACHINE_NAMESPACE } from '../../../libvirt/machine/machine-metadata.ts';
import type { Virsh } from '../../../libvirt/virsh.ts';
import {
  bridgeNameOf,
  isIsolatedNetwork,
  libvirtNetworkName,
} from '../../../machines/network/network-name.ts';
import { SYS_PATHS } from '../../../sysfs/paths.ts';
import type { ProjectMachine } from '../project-machines.ts';
import type { Obstacle } from './obstacle.ts';

/** A network of libvirt, by its name. */
interface LibvirtNetwork {
  readonly isActive: boolean;
  readonly bridge: string | null;
  /** Whether portal created it. */
  readonly isOurs: boolean;
}

type Networks = ReadonlyMap<string, LibvirtNetwork>;

/** Networks and bridges that are missing, do not run, or have a name that something else has. */
export async function networkObstacles(
  reader: HostReader,
  virsh: Virsh,
  machines: readonly ProjectMachine[],
): Promise<readonly Obstacle[]> {
  const needsNetworks = machines.some(({ machine }) =>
    machine.definition.nics.some(({ network }) => network !== null),
  );
  const networks = needsNetworks ? await readAll(virsh) : new Map();
  return machines.flatMap(({ machine: { definition } }) => {
    const subject = definition.name;
    const found = definition.nics.flatMap(({ network, bridge }): readonly Omit<Obstacle, 'subject'>[] => {
      if (bridge !== null) return bridgeObstacle(reader, bridge);
      if (network === null) return [];
      return isIsolatedNetwork(network)
        ? isolatedObstacles(reader, networks, network)
        : networkObstacle(networks, network);
    });
    return found.map((obstacle) => ({ subject, ...obstacle }));
  });
}

async function readAll(virsh: Virsh): Promise<Networks> {
  const lists = [
    ['net-list', '--all', '--name'],
    ['net-list', '--name'],
  ];
  const [all, active] = await virsh.runAll(lists, { readOnly: true });
  const namesIn = (output = ''): readonly string[] =>
    output
      .split('\n')
      .map((line) => line.trim())
      .filter((name) => name !== '');
  const [names, running] = [namesIn(all?.output), namesIn(active?.output)];
  if (names.length === 0) return new Map();
  const dumps = await virsh.runAll(
    names.map((name) => ['net-dumpxml', '--network', name]),
    { readOnly: true },
  );
  return new Map(
    names.map((name, index) => {
      const text = dumps[index]?.output ?? '';
      const [, bridge = null] = /<bridge\s[^>]*\bname=['"]([^'"]+)['"]/.exec(text) ?? [];
      return [name, { isActive: running.includes(name), bridge, isOurs: text.includes(MACHINE_NAMESPACE) }];
    }),
  );
}

function bridgeObstacle(reader: HostReader, bridge: string): readonly Omit<Obstacle, 'subject'>[] {
  const path = `${SYS_PATHS.netClass}/${bridge}`;
  if (reader.exists(`${path}/bridge`)) return [];
  return [
    {
      message: reader.exists(path)
        ? `${bridge} is a network interface, and not a bridge`
        : `the host has no bridge ${bridge}`,
      hint: `create it: ip link add ${bridge} type bridge; or use a network: isolated/NAME`,
    },
  ];
}

function networkObstacle(networks: Networks, network: string): readonly Omit<Obstacle, 'subject'>[] {
  const found = networks.get(network);
  if (found?.isActive === true) return [];
  return [
    found === undefined
      ? {
          message: `libvirt has no network ${network}`,
          hint: `list the networks: virsh net-list --all; or use isolated/${network}, which portal creates`,
        }
      : { message: `the network ${network} is not active`, hint: `start it: virsh net-start ${network}` },
  ];
}

/** A network that portal creates, or starts: its name and that of its bridge are free. */
function isolatedObstacles(
  reader: HostReader,
  networks: Networks,
  network: string,
): readonly Omit<Obstacle, 'subject'>[] {
  const name = libvirtNetworkName(network);
  const found = networks.get(name);
  if (found !== undefined && !found.isOurs) {
    return [
      {
        message: `the network ${name} of libvirt is not one that portal created`,
        hint: `use another name than ${network}; or use that network: network: ${name}`,
      },
    ];
  }
  if (found?.isActive === true) return [];
  const bridge = found?.bridge ?? bridgeNameOf(name);
  const other = [...networks].find(([each, { bridge: its }]) => each !== name && its === bridge);
  if (other !== undefined) {
    return [
      {
        message: `the network ${other[0]} of libvirt has the bridge ${bridge} that ${network} needs`,
        hint: `use another name than ${network}; or remove that network: virsh net-undefine ${other[0]}`,
      },
    ];
  }
  if (!reader.exists(`${SYS_PATHS.netClass}/${bridge}`)) return [];
  return [
    {
      message: `the host already has an interface ${bridge}, the bridge that ${network} needs`,
      hint: `use another name than ${network}; or remove the interface: ip link delete ${bridge}`,
    },
  ];
}
