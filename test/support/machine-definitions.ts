import fc from 'fast-check';
import {
  DISK_BUSES,
  DISK_CACHES,
  DISK_FORMATS,
  DISPLAYS,
  EVENT_ACTIONS,
  FIRMWARES,
  type MachineDefinition,
  NIC_MODELS,
  SHARE_MODES,
  WATCHDOG_ACTIONS,
} from '../../lib/machines/definition/machine-definition.ts';

// Definitions of machines for properties: every key with every value, and texts that mean something in XML.

const MIB = 2 ** 20;
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
/** What markup is made of, and characters beyond those of Latin 1. */
export const hostileText = fc
  .array(
    fc.constantFrom('<', '>', '&', '"', "'", ']]>', '&lt;', '<!--', '<!DOCTYPE', 'a', ' ', '\n', '€', '😀'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const uniqueNames = <T extends { readonly name: string }>(part: fc.Arbitrary<T>, maxLength: number) =>
  fc.uniqueArray(part, { maxLength, selector: (each) => each.name });

const disk = fc.record({
  name,
  sizeBytes: fc.constant(MIB),
  source: fc.constant(null),
  format: fc.constantFrom(...DISK_FORMATS),
  bus: fc.constantFrom(...DISK_BUSES),
  cache: orNull(fc.constantFrom(...DISK_CACHES)),
  readOnly: fc.boolean(),
  cdrom: fc.boolean(),
});

const nic = fc
  .record({
    network: orNull(fc.constantFrom('default', 'isolated/lan', 'net0/universe')),
    bridge: orNull(fc.constant('br0')),
    model: fc.constantFrom(...NIC_MODELS),
    mac: fc.constant(null),
    boot: fc.constant(false),
  })
  .map((each) => (each.network === null ? each : { ...each, bridge: null }));

const share = fc.record({
  name,
  source: fc.constantFrom('data', 'a & b', 'x,y="z"'),
  mode: fc.constantFrom(...SHARE_MODES),
  // libvirt before 11.0 takes no read-only virtiofs.
  driver: fc.constant('9p' as const),
});

/** Definitions of PCs that a libvirt without KVM, swtpm and virtiofsd takes. */
export const machineDefinition: fc.Arbitrary<MachineDefinition> = fc
  .record({
    name: fc.constant('m0'),
    category: fc.constantFrom('router', 'application', 'my-own'),
    title: orNull(hostileText),
    description: orNull(hostileText),
    architecture: fc.constant('x86_64' as const),
    accelerator: fc.constant('auto' as const),
    cpus: fc.integer({ min: 1, max: 8 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        pin: fc.oneof(
          fc.constant([]),
          fc.array(fc.integer({ min: 0, max: 63 }), { minLength: count, maxLength: count }),
        ),
        topology: orNull(fc.constant({ sockets: 1, cores: count, threads: 1 })),
        model: orNull(fc.constantFrom('qemu64', 'host-passthrough', 'host-model')),
      }),
    ),
    memory: fc.record({
      sizeBytes: fc.integer({ min: 16, max: 4096 }).map((pages) => pages * 2 * MIB),
      hugePages: fc.boolean(),
    }),
    firmware: fc.constantFrom(...FIRMWARES),
    boot: fc.record({
      profile: fc.constant('minivm'),
      kernel: fc.constant(null),
      initrd: fc.constant(null),
      arguments: fc.oneof(hostileText, fc.constantFrom('quiet', 'console=hvc0', '')),
    }),
    os: fc.record({
      id: fc.constant(null),
      root: orNull(fc.constant('image:debian12')),
      rootBytes: fc.constant(null),
      ephemeral: fc.boolean(),
    }),
    disks: uniqueNames(
      disk.filter((each) => each.name !== 'root'),
      9,
    ),
    nics: fc.array(nic, { maxLength: 9 }),
    pci: fc.constant([]),
    shares: uniqueNames(share, 4),
    consoles: fc.constant([]),
    display: fc.constantFrom(...DISPLAYS),
    nested: fc.boolean(),
    iommu: fc.boolean(),
    rng: fc.boolean(),
    watchdog: orNull(fc.constantFrom(...WATCHDOG_ACTIONS)),
    tpm: fc.constant(false),
    vsock: fc.boolean(),
    agent: fc.constantFrom('virtio-serial', 'none'),
    spareRootPorts: fc.integer({ min: 0, max: 24 }),
    autostart: fc.boolean(),
    on: fc.record({
      // QEMU does not preserve a guest that reboots.
      reboot: fc.constantFrom('destroy' as const, 'restart' as const),
      crash: fc.constantFrom(...EVENT_ACTIONS),
    }),
    after: fc.constant([]),
    provision: fc.constantFrom(
      [],
      [
        { module: 'system/hostname', options: {} },
        { module: 'system/sysctl', options: { 'net.ipv4.ip_forward': '1' } },
        { module: 'services', options: { enable: ['nginx'] } },
        { module: 'system/users', options: [{ name: 'www', uid: 33, groups: ['tty'] }] },
      ],
    ),
  })
  // QEMU has no CD-ROM on virtio, and no disk on SATA that can only be read.
  .map((definition) => ({
    ...definition,
    disks: definition.disks.map((each) => ({
      ...each,
      cdrom: each.cdrom && each.bus !== 'virtio',
      readOnly: each.readOnly && each.bus !== 'sata',
    })),
  }));
