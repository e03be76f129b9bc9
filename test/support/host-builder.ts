import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';
import { configBytes } from './config-bytes.ts';
import { putFunction } from './function-builder.ts';
import type { FunctionSpec, GroupSpec, HostSpec } from './host-spec.ts';
import { HostTree } from './host-tree.ts';

const GROUPS = '/sys/kernel/iommu_groups';
const NODES = '/sys/dev/char';
const MSI_WINDOW = '0x00000000fee00000 0x00000000feefffff msi';

/** Creates a host in the form of Linux' sysfs, with every directory listed completely. */
export function buildHost(spec: HostSpec): Snapshot {
  const tree = new HostTree();
  putKernel(tree, spec);
  if (spec.functions !== undefined) new Bus(tree, spec).put(spec.functions);
  spec.change?.(tree);
  return tree.snapshot(spec.label);
}

function putKernel(tree: HostTree, spec: HostSpec): void {
  const release = spec.kernelRelease ?? '6.12.9-amd64';
  tree.attribute('/proc/sys/kernel/hostname', spec.hostName ?? spec.label);
  tree.attribute('/proc/sys/kernel/osrelease', release);
  tree.attribute(
    '/proc/cmdline',
    spec.commandLine ?? `BOOT_IMAGE=/vmlinuz-${release} root=/dev/nvme0n1p2 ro`,
  );
  if (spec.aliases !== undefined) {
    tree.text(`/lib/modules/${release}/modules.alias`, spec.aliases.map((line) => `${line}\n`).join(''));
  }
  tree.attribute('/sys/devices/virtual/net/lo/address', '00:00:00:00:00:00');
  tree.linkTo('/sys/class/net/lo', '/sys/devices/virtual/net/lo');
  for (const empty of ['/sys/block', '/sys/kernel', '/sys/class/iommu', GROUPS, NODES]) tree.directory(empty);
}

class Bus {
  readonly #tree: HostTree;
  readonly #spec: HostSpec;
  readonly #paths = new Map<string, string>();

  constructor(tree: HostTree, spec: HostSpec) {
    this.#tree = tree;
    this.#spec = spec;
  }

  put(functions: readonly FunctionSpec[]): void {
    const tree = this.#tree;
    for (const directory of ['devices', 'drivers', 'slots']) tree.directory(`/sys/bus/pci/${directory}`);
    tree.attribute('/sys/bus/pci/drivers_autoprobe', '1');
    const iommu = this.#spec.iommu;
    if (iommu !== undefined) {
      tree.directory(`/sys/devices/virtual/iommu/${iommu}/devices`);
      tree.linkTo(`/sys/class/iommu/${iommu}`, `/sys/devices/virtual/iommu/${iommu}`);
    }
    for (const [name, slot] of Object.entries(this.#spec.slots ?? {})) {
      tree.attribute(`/sys/bus/pci/slots/${name}/address`, slot);
    }
    for (const each of functions) {
      this.#putOne(each);
      if (each.sriov !== undefined) this.#putVirtualFunctions(each);
    }
  }

  #putOne(spec: FunctionSpec): void {
    const tree = this.#tree;
    const path = this.#place(spec);
    this.#paths.set(spec.address, path);
    putFunction(tree, path, spec);
    tree.linkTo(`/sys/bus/pci/devices/${spec.address}`, path);
    tree.linkTo(`${path}/subsystem`, '/sys/bus/pci');
    if (spec.driver !== undefined) {
      tree.linkTo(`${path}/driver`, `/sys/bus/pci/drivers/${spec.driver}`);
      tree.linkTo(`/sys/bus/pci/drivers/${spec.driver}/${spec.address}`, path);
    }
    if (spec.group !== undefined) this.#join(spec.group, spec.address, path);
    this.#putClasses(path, Object.keys(spec.below ?? {}));
    this.#putNodes(path, Object.entries(spec.below ?? {}));
  }

  #place({ address, under, root }: FunctionSpec): string {
    const above = under === undefined ? '/sys/devices' : this.#paths.get(under);
    if (above === undefined) throw new Error(`${address} is under ${under}, which does not come before it`);
    const bus = root ?? (under === undefined ? `pci${address.slice(0, -5)}` : undefined);
    return `${above}${bus === undefined ? '' : `/${bus}`}/${address}`;
  }

  #join(group: number, address: string, path: string): void {
    const tree = this.#tree;
    const at = `${GROUPS}/${group}`;
    if (!tree.has(at)) {
      const {
        type = 'DMA-FQ',
        reservedRegions = [],
        denied = [],
      }: GroupSpec = this.#spec.groups?.[group] ?? {};
      if (type !== null) tree.attribute(`${at}/type`, type);
      const regions = [...reservedRegions, MSI_WINDOW].map((line) => `${line}\n`);
      tree.text(`${at}/reserved_regions`, regions.join(''));
      for (const name of denied) tree.deny(`${at}/${name}`);
    }
    tree.linkTo(`${path}/iommu_group`, at);
    tree.linkTo(`${at}/devices/${address}`, path);
    if (this.#spec.iommu !== undefined) {
      const iommu = `/sys/devices/virtual/iommu/${this.#spec.iommu}`;
      tree.linkTo(`${path}/iommu`, iommu);
      tree.linkTo(`${iommu}/devices/${address}`, path);
    }
  }

  /** Whole disks and network interfaces are in a class directory, with links to their directories. */
  #putClasses(path: string, files: readonly string[]): void {
    for (const file of files) {
      const net = /^(?:.*\/)?net\/([^/]+)(?=\/)/.exec(file);
      if (net !== null) this.#tree.linkTo(`/sys/class/net/${net[1]}`, `${path}/${net[0]}`);
      const disk = /^(?:.*\/)?(?:block|nvme\/nvme\d+)\/(nvme\d+n\d+|[a-z]+)(?=\/)/.exec(file);
      if (disk !== null) this.#tree.linkTo(`/sys/block/${disk[1]}`, `${path}/${disk[0]}`);
    }
  }

  /** Character devices have a number, and a link in a directory by that number. */
  #putNodes(path: string, files: readonly (readonly [string, string])[]): void {
    for (const [file, text] of files) {
      const [, directory] = /^(.+)\/dev$/.exec(file) ?? [];
      if (directory === undefined || /(^|\/)(block|nvme)\//.test(directory)) continue;
      this.#tree.linkTo(`${NODES}/${text.trim()}`, `${path}/${directory}`);
    }
  }

  #putVirtualFunctions(pf: FunctionSpec): void {
    const { sriov } = pf;
    if (sriov === undefined) return;
    const pfPath = this.#paths.get(pf.address) as string;
    const [vendor = ''] = pf.ids.split(':');
    for (let index = 0; index < sriov.active; index += 1) {
      const address = virtualFunctionAddress(pf.address, sriov.offset + index * sriov.stride);
      const shared: FunctionSpec = {
        address,
        under: pf.under,
        root: pf.root,
        ids: `${vendor}:${sriov.vfDevice}`,
        subsystem: pf.subsystem,
        classCode: pf.classCode,
        revision: pf.revision,
        numaNode: pf.numaNode,
      };
      const vf = { ...shared, ...sriov.vf?.(index) };
      // Its own registers have neither ids nor BARs, and no memory enable bit: these are in the PF.
      const config = configBytes({
        ids: 'ffff:ffff',
        subsystem: vf.subsystem,
        classCode: vf.classCode,
        revision: vf.revision ?? '00',
        capabilities: vf.capabilities,
        extended: vf.extended,
        off: true,
      });
      this.#putOne({ config, ...vf });
      const path = this.#paths.get(address) as string;
      this.#tree.linkTo(`${path}/physfn`, pfPath);
      this.#tree.linkTo(`${pfPath}/virtfn${index}`, path);
    }
  }
}

/** The address at a distance of routing ids from a PF, which may be on a later bus. */
function virtualFunctionAddress(pf: string, distance: number): string {
  const [domain = '', bus = '', slot = '', fn = ''] = pf.split(/[:.]/);
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const id =
    ((Number.parseInt(bus, 16) << 8) | (Number.parseInt(slot, 16) << 3) | Number.parseInt(fn, 16)) + distance;
  return `${domain}:${hex(id >> 8)}:${hex((id >> 3) & 0x1f)}.${id & 7}`;
}
