import { type HostReader, isFailure, type Reading } from '../../lib/host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../lib/pci/address.ts';

/** What is seen of a device: names of devices, never addresses or numbers. `null` where it is not on the bus. */
export type Observation = {
  /** Where its link `driver` leads. */
  readonly driver: string | null;
  readonly override: string | null;
  /** Every named device in its IOMMU group. */
  readonly group: readonly string[] | null;
  /** How many network interfaces it has. */
  readonly interfaces: number;
  readonly numVfs?: number;
  readonly totalVfs?: number;
  readonly vfs?: readonly string[];
  readonly pf?: string | null;
} | null;

const MAX_VFS = 64;
const at = (address: PciAddress, name: string): string => `/sys/bus/pci/devices/${address}/${name}`;

/** Looks at one of the named devices. The number of its VFs is left out where reading it would block. */
export function observe(
  reader: HostReader,
  names: ReadonlyMap<string, PciAddress>,
  name: string,
  withNumber: boolean,
): Observation {
  const address = names.get(name);
  if (address === undefined || !reader.exists(`/sys/bus/pci/devices/${address}`)) return null;
  // First: reading the number of VFs waits until a driver that is just leaving the PF has left.
  const isPf = reader.exists(at(address, 'sriov_totalvfs'));
  const ofPf = isPf ? pfOf(reader, names, address, name, withNumber) : {};
  const group = groupOf(reader, address);
  const override = known(reader.readText(at(address, 'driver_override')))?.replace(/\n$/, '') ?? null;
  const interfaces = reader.list(at(address, 'net'));
  const physfn = linkName(reader, at(address, 'physfn'));
  return {
    driver: linkName(reader, at(address, 'driver')),
    override: override === '(null)' ? null : override,
    group:
      group === null
        ? null
        : [...names]
            .filter(([, each]) => groupOf(reader, each) === group)
            .map(([each]) => each)
            .sort(),
    interfaces: interfaces === null || isFailure(interfaces) ? 0 : interfaces.length,
    ...ofPf,
    ...(name.includes('.vf') ? { pf: physfn === null ? null : nameOf(names, physfn) } : {}),
  };
}

/** The address of a PF's VF by its index, `null` where there is no such VF. */
export function virtualFunctionAt(reader: HostReader, pf: PciAddress, index: number): PciAddress | null {
  const name = linkName(reader, at(pf, `virtfn${index}`));
  return name !== null && isPciAddress(name) ? name : null;
}

function pfOf(
  reader: HostReader,
  names: ReadonlyMap<string, PciAddress>,
  address: PciAddress,
  name: string,
  withNumber: boolean,
) {
  const number = (attribute: string): number => Number(known(reader.readText(at(address, attribute))));
  // First: the read waits until VFs that are just being made, or taken away, are.
  const numVfs = withNumber ? { numVfs: number('sriov_numvfs') } : {};
  const vfs: string[] = [];
  for (let index = 0; index < MAX_VFS; index += 1) {
    const vf = virtualFunctionAt(reader, address, index);
    if (vf !== null) vfs.push(names.has(`${name}.vf${index}`) ? nameOf(names, vf) : `${name}.vf${index}`);
  }
  return { ...numVfs, totalVfs: number('sriov_totalvfs'), vfs };
}

function groupOf(reader: HostReader, address: PciAddress): string | null {
  return linkName(reader, at(address, 'iommu_group'));
}

function linkName(reader: HostReader, path: string): string | null {
  const target = known(reader.readLink(path));
  return target === null ? null : target.slice(target.lastIndexOf('/') + 1);
}

function nameOf(names: ReadonlyMap<string, PciAddress>, address: string): string {
  return [...names].find(([, each]) => each === address)?.[0] ?? 'a stranger';
}

function known<T>(reading: Reading<T>): T | null {
  return isFailure(reading) ? null : reading;
}
