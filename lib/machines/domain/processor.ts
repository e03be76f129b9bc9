import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { CpuDefinition } from '../definition/machine-definition.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';

/** More virtual CPUs need the extended mode of the interrupt remapping. */
const MAX_PLAIN_CPUS = 255;
const HUGE_PAGE_KIB = 2048;
/** The CPU models of the host, which only KVM can provide. */
const HOST_MODELS: readonly string[] = ['host-passthrough', 'host-model'];

/** Memory, and its backing. */
export function memoryNodes({ definition: { memory }, shares }: ResolvedMachine): readonly XmlNode[] {
  const size = String(memory.sizeBytes / 1024);
  // The daemon of virtiofs maps the memory of the guest.
  const isShared = shares.some(({ driver }) => driver === 'virtiofs');
  const page = { size: String(HUGE_PAGE_KIB), unit: 'KiB' };
  const backing: readonly XmlNode[] = [
    ...(memory.hugePages
      ? [{ name: 'hugepages', content: [{ name: 'page', attributes: page }] } satisfies XmlNode]
      : []),
    ...(isShared
      ? [
          { name: 'source', attributes: { type: 'memfd' } },
          { name: 'access', attributes: { mode: 'shared' } },
        ]
      : []),
  ];
  return [
    { name: 'memory', attributes: { unit: 'KiB' }, content: size },
    { name: 'currentMemory', attributes: { unit: 'KiB' }, content: size },
    ...(backing.length === 0 ? [] : [{ name: 'memoryBacking', content: backing }]),
  ];
}

/** The number of virtual CPUs, and the processors of the host that they run on. */
export function vcpuNodes({ definition: { cpus } }: ResolvedMachine): readonly XmlNode[] {
  const pins = cpus.pin.map(
    (processor, index): XmlNode => ({
      name: 'vcpupin',
      attributes: { vcpu: String(index), cpuset: String(processor) },
    }),
  );
  return [
    { name: 'vcpu', attributes: { placement: 'static' }, content: String(cpus.count) },
    ...(pins.length === 0 ? [] : [{ name: 'cputune', content: pins }]),
  ];
}

/**
 * The model of the virtual CPUs. With KVM, that of the host by default: with the features to run VMs if the machine
 * is nested, else without them. Under emulation, everything that QEMU emulates, also if the definition names the
 * model of the host.
 */
export function cpuNode({ definition, hypervisor }: ResolvedMachine): XmlNode {
  const { cpus, nested, architecture } = definition;
  const topology = topologyNodes(cpus);
  const isHost = cpus.model === null || HOST_MODELS.includes(cpus.model);
  if (isHost && hypervisor === 'qemu')
    return { name: 'cpu', attributes: { mode: 'maximum' }, content: topology };
  const isPc = architecture === 'x86_64';
  const feature = (policy: string, name: string): XmlNode => ({
    name: 'feature',
    attributes: { policy, name },
  });
  if (isHost) {
    return {
      name: 'cpu',
      attributes: { mode: cpus.model ?? 'host-passthrough' },
      content: [
        ...topology,
        ...(isPc && !nested ? ['vmx', 'svm'].map((name) => feature('disable', name)) : []),
      ],
    };
  }
  const virtualization = /^(EPYC|Opteron|athlon|phenom)/i.test(cpus.model ?? '') ? 'svm' : 'vmx';
  return {
    name: 'cpu',
    attributes: { mode: 'custom', match: 'exact' },
    content: [
      { name: 'model', attributes: { fallback: 'forbid' }, content: cpus.model ?? '' },
      ...topology,
      isPc && nested ? feature('require', virtualization) : undefined,
    ],
  };
}

function topologyNodes({ topology }: CpuDefinition): readonly XmlNode[] {
  if (topology === null) return [];
  const { sockets, cores, threads } = topology;
  const attributes = { sockets: String(sockets), cores: String(cores), threads: String(threads) };
  return [{ name: 'topology', attributes }];
}

/** ACPI and interrupt controllers. */
export function featureNodes({ definition }: ResolvedMachine): readonly XmlNode[] {
  const { architecture, firmware, iommu } = definition;
  // Only UEFI has tables of ACPI for aarch64.
  if (architecture === 'aarch64') {
    return firmware === 'uefi' ? [{ name: 'features', content: [{ name: 'acpi' }] }] : [];
  }
  const content: readonly XmlNode[] = [
    { name: 'acpi' },
    { name: 'apic' },
    // The I/O APIC of KVM cannot remap interrupts; libvirt requires this one also without KVM.
    ...(iommu ? [{ name: 'ioapic', attributes: { driver: 'qemu' } }] : []),
  ];
  return [{ name: 'features', content }];
}

/** The IOMMU that the guest sees. */
export function iommuNodes({ definition }: ResolvedMachine): readonly XmlNode[] {
  if (!definition.iommu) return [];
  if (definition.architecture === 'aarch64') return [{ name: 'iommu', attributes: { model: 'smmuv3' } }];
  const driver = {
    intremap: 'on',
    // Without it the guest cannot pass devices of the host through to its own VMs.
    caching_mode: 'on',
    eim: definition.cpus.count > MAX_PLAIN_CPUS ? 'on' : undefined,
    iotlb: 'on',
  };
  return [
    { name: 'iommu', attributes: { model: 'intel' }, content: [{ name: 'driver', attributes: driver }] },
  ];
}
