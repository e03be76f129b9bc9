import { provisionEntries } from '../provision/module-table.ts';
import type { WrittenDefinition, WrittenPci } from './definition-form.ts';
import { IDENTITY_KEYS } from './definition-form.ts';
import type {
  BootDefinition,
  CpuDefinition,
  MachineDefinition,
  MemoryDefinition,
  PciDefinition,
} from './machine-definition.ts';

/** The boot assets of a machine that names no kernel, no image and no installer. */
const DEFAULT_PROFILE = 'minivm';
const DEFAULT_MEMORY_BYTES = 512 * 2 ** 20;
const DEFAULT_SPARE_ROOT_PORTS = 2;

/** Adds the defaults of a definition. The result depends only on the definition. */
export function withDefaults(written: WrittenDefinition, name: string): MachineDefinition {
  const boot = bootOf(written);
  return {
    name,
    category: written.category,
    title: written.title ?? null,
    description: written.description ?? null,
    architecture: written.architecture ?? 'x86_64',
    accelerator: written.accelerator ?? 'auto',
    cpus: cpusOf(written),
    memory: memoryOf(written),
    firmware: written.firmware ?? (boot.kernel !== null || boot.profile !== null ? 'none' : 'bios'),
    boot,
    os: {
      id: written.os?.id ?? null,
      root: written.os?.root ?? null,
      rootBytes: written.os?.size ?? null,
      ephemeral: written.os?.ephemeral ?? false,
    },
    disks: (written.disks ?? []).map((disk) => ({
      name: disk.name,
      sizeBytes: disk.size ?? null,
      source: disk.source ?? null,
      format: disk.format ?? (disk.cdrom === true ? 'raw' : 'qcow2'),
      bus: disk.bus ?? (disk.cdrom === true ? 'sata' : 'virtio'),
      cache: disk.cache ?? null,
      readOnly: disk.readonly ?? disk.cdrom ?? false,
      cdrom: disk.cdrom ?? false,
    })),
    nics: (written.nics ?? []).map((nic) => ({
      network: nic.network ?? null,
      bridge: nic.bridge ?? null,
      model: nic.model ?? 'virtio',
      mac: nic.mac ?? null,
      boot: nic.boot ?? false,
    })),
    pci: (written.pci ?? []).map(pciOf),
    shares: (written.shares ?? []).map((share) => ({
      name: share.name,
      source: share.source,
      mode: share.mode ?? 'ro',
      driver: share.driver ?? '9p',
    })),
    consoles: (written.consoles ?? []).map(({ of, write }) => ({ of, write: write ?? false })),
    display: written.display ?? 'none',
    nested: written.nested ?? false,
    // A guest that runs VMs needs an IOMMU to pass hardware through to them.
    iommu: written.iommu ?? written.nested ?? false,
    rng: written.rng ?? true,
    watchdog: written.watchdog ?? null,
    tpm: written.tpm ?? false,
    vsock: written.vsock ?? false,
    agent: written.agent ?? 'virtio-serial',
    spareRootPorts: written['spare-root-ports'] ?? DEFAULT_SPARE_ROOT_PORTS,
    autostart: written.autostart ?? false,
    on: { reboot: written.on?.reboot ?? 'restart', crash: written.on?.crash ?? 'destroy' },
    after: written.after ?? [],
    provision: provisionEntries(written.provision ?? []),
  };
}

function cpusOf({ cpus = 1 }: WrittenDefinition): CpuDefinition {
  if (typeof cpus === 'number') return { count: cpus, pin: [], topology: null, model: null };
  const { pin = [], sockets = 1, threads = 1, model = null } = cpus;
  const given = cpus.count ?? (pin.length > 0 ? pin.length : null);
  const cores = cpus.cores ?? Math.max(Math.floor((given ?? 1) / (sockets * threads)), 1);
  const hasTopology = cpus.sockets !== undefined || cpus.cores !== undefined || cpus.threads !== undefined;
  const topology = hasTopology ? { sockets, cores, threads } : null;
  return { count: given ?? sockets * cores * threads, pin, topology, model };
}

function memoryOf({ memory = DEFAULT_MEMORY_BYTES }: WrittenDefinition): MemoryDefinition {
  if (typeof memory === 'number') return { sizeBytes: memory, hugePages: false };
  return { sizeBytes: memory.size ?? DEFAULT_MEMORY_BYTES, hugePages: memory.hugepages ?? false };
}

/** A machine without `boot` gets the small system of portal-gun. */
function bootOf({ boot, os, disks = [], nics = [], firmware = 'none' }: WrittenDefinition): BootDefinition {
  const hasFirmware =
    os?.root !== undefined ||
    disks.some(({ source }) => source !== undefined) ||
    nics.some((nic) => nic.boot === true) ||
    firmware !== 'none';
  const isEmpty = boot?.profile === undefined && boot?.kernel === undefined;
  const kernelArguments = boot?.arguments ?? '';
  return {
    profile: boot?.profile ?? (isEmpty && !hasFirmware ? DEFAULT_PROFILE : null),
    kernel: boot?.kernel ?? null,
    initrd: boot?.initrd ?? null,
    arguments: typeof kernelArguments === 'string' ? kernelArguments : kernelArguments.join(' '),
  };
}

function pciOf(written: WrittenPci): PciDefinition {
  const identity = IDENTITY_KEYS.flatMap((key) => {
    const value = written[key];
    return value === undefined ? [] : [[key === 'slot' ? 'slotLabel' : key, value] as const];
  });
  return {
    selector: written.select ?? null,
    identity: identity.length === 0 ? null : Object.fromEntries(identity),
    rom: written.rom ?? null,
  };
}
