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
      readOnly: disk.readonly ?? disk.cdrom ?? false,
      cdrom: disk.cdrom ?? false,
    })),
    nics: (written.nics ?? []).map((nic) => ({
      network: nic.network ?? null,
      bridge: nic.bridge ?? null,
      model: nic.model ?? 'virtio',
      mac: nic.mac ?? null,
    })),
    pci: (written.pci ?? []).map(pciOf),
    shares: (written.shares ?? []).map((share) => ({
      name: share.name,
      source: share.source,
      mode: share.mode ?? 'ro',
      driver: share.driver ?? '9p',
    })),
    display: written.display ?? 'none',
    nested: written.nested ?? false,
    // A guest that runs VMs needs an IOMMU to pass hardware through to them.
    iommu: written.iommu ?? written.nested ?? false,
    rng: written.rng ?? true,
    watchdog: written.watchdog ?? null,
    tpm: written.tpm ?? false,
    vsock: written.vsock ?? false,
    spareRootPorts: written['spare-root-ports'] ?? DEFAULT_SPARE_ROOT_PORTS,
    autostart: written.autostart ?? false,
    on: { reboot: written.on?.reboot ?? 'restart', crash: written.on?.crash ?? 'destroy' },
    after: written.after ?? [],
    provision: provisionEntries(written.provision ?? []),
  };
}

function cpusOf({ cpus = 1 }: WrittenDefinition): CpuDefinition {
  if (typeof cpus === 'number') return { count: cpus, pin: [], model: null };
  const pin = cpus.pin ?? [];
  return { count: cpus.count ?? Math.max(pin.length, 1), pin, model: cpus.model ?? null };
}

function memoryOf({ memory = DEFAULT_MEMORY_BYTES }: WrittenDefinition): MemoryDefinition {
  if (typeof memory === 'number') return { sizeBytes: memory, hugePages: false };
  return { sizeBytes: memory.size ?? DEFAULT_MEMORY_BYTES, hugePages: memory.hugepages ?? false };
}

/** A machine without `boot` gets the small system of portal-gun. */
function bootOf({ boot, os, disks = [], firmware = 'none' }: WrittenDefinition): BootDefinition {
  const bootsDisk =
    os?.root !== undefined || disks.some(({ source }) => source !== undefined) || firmware !== 'none';
  const isEmpty = boot?.profile === undefined && boot?.kernel === undefined;
  const kernelArguments = boot?.arguments ?? '';
  return {
    profile: boot?.profile ?? (isEmpty && !bootsDisk ? DEFAULT_PROFILE : null),
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
