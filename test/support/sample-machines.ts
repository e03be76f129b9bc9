import { createHash } from 'node:crypto';
import { parseDefinition } from '../../lib/machines/definition/definition-parser.ts';
import type { MachineDefinition } from '../../lib/machines/definition/machine-definition.ts';
import type { MachineMarks } from '../../lib/machines/domain/metadata.ts';
import { macFromRandom } from '../../lib/machines/network/mac.ts';
import { machinePaths, type ResolvedMachine, type XmlFragment } from '../../lib/machines/resolved-machine.ts';
import { renderDomain } from './render-domain.ts';

// Machines as their folders define them, resolved without a host.

export const MARKS: MachineMarks = { project: 'home', definition: 'c0ffee' };

export interface SampleOptions {
  readonly hypervisor?: 'kvm' | 'qemu';
  readonly fragments?: readonly XmlFragment[];
}

/** A machine as a definition of that name has it: its files are named after their names in it. */
export function sampleMachine(yaml: string, name = 'm0', options: SampleOptions = {}): ResolvedMachine {
  const { definition, faults } = parseDefinition(yaml, name, 'machine.yaml');
  if (definition === null) throw new Error(faults.map(({ at, message }) => `${at}: ${message}`).join('\n'));
  return resolvedSample(definition, options);
}

export function resolvedSample(
  definition: MachineDefinition,
  { hypervisor = 'qemu', fragments = [] }: SampleOptions = {},
): ResolvedMachine {
  const { name, boot, os } = definition;
  const paths = machinePaths(name);
  const folder = `/srv/project/machines/${name}`;
  const bytes = (text: string): Uint8Array => createHash('sha256').update(`${name} ${text}`).digest();
  const hex = Buffer.from(bytes('uuid')).toString('hex');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  const isDirect = boot.kernel !== null || boot.profile !== null;
  const root = {
    name: 'root',
    format: 'qcow2',
    bus: 'virtio',
    cache: null,
    readOnly: false,
    cdrom: false,
  } as const;
  const base = { base: '/var/lib/portal-gun/images/sample', baseFormat: 'raw', sizeBytes: null } as const;
  const overlay = { kind: 'overlay', ...base, ephemeral: true } as const;
  return {
    definition,
    folder,
    uuid,
    hypervisor,
    kernel: isDirect ? { kernel: `${folder}/boot/vmlinuz`, initrd: `${folder}/boot/initrd` } : null,
    disks: [
      ...(os.root === null
        ? []
        : [
            {
              ...root,
              path: `${paths.state}/root.qcow2`,
              content: os.ephemeral ? overlay : ({ kind: 'file' } as const),
            },
          ]),
      ...definition.disks.map(({ sizeBytes, source, ...disk }) => ({
        ...disk,
        path: source === null ? `${paths.state}/${disk.name}.${disk.format}` : `${folder}/${source}`,
        content: sizeBytes === null ? ({ kind: 'file' } as const) : ({ kind: 'new', sizeBytes } as const),
      })),
    ],
    nics: definition.nics.map((nic, at) => ({ ...nic, mac: nic.mac ?? macFromRandom(bytes(`nic ${at}`)) })),
    shares: definition.shares.map(({ source, ...share }) => ({ ...share, path: `${folder}/${source}` })),
    consoles: definition.consoles.map(({ of, write }) => ({ of, writes: write })),
    fragments,
    paths,
  };
}

/** Definitions that together say everything that can be said. */
export const SAMPLES: Readonly<Record<string, string>> = {
  least: 'category: application\n',
  router: `category: router
title: "The router\\nof the house"
description: |
  Connects <everything> & "nothing".
  On two lines.
memory: 256MiB
os: { id: debian12, root: image:debian12-min }
boot: { kernel: boot/vmlinuz, initrd: boot/initrd, arguments: quiet net.ifnames=1 }
nics: [ { network: isolated/lan }, { bridge: br0, model: e1000e }, { model: e1000 }, { network: default, model: rtl8139 } ]
watchdog: reset
on: { reboot: destroy, crash: restart }
`,
  controller: `category: controller
cpus: { pin: [2, 3, 4, 5], threads: 2 }
memory: { size: 8GiB, hugepages: on }
firmware: uefi
os: { root: image:debian12 }
nested: on
vsock: on
nics: [ { network: isolated/a-rather-long-name-of-a-network } ]
consoles: [ { of: r0 }, { of: web0, write: on } ]
spare-root-ports: 9
`,
  desktop: `category: controller
firmware: bios
disks: [ { name: system, size: 20GiB }, { name: installer, source: debian.iso, cdrom: on } ]
display: vnc
nics: [ { network: default, boot: on }, { bridge: br0 } ]
rng: off
watchdog: poweroff
agent: none
spare-root-ports: 0
`,
  storage: `category: service
os: { root: image:debian12 }
firmware: bios
disks:
  - { name: www, size: 2GiB }
  - { name: scratch, size: 1GiB, format: raw, readonly: on }
  - { name: s0, size: 1GiB, bus: sata, cache: none }
  - { name: s1, size: 1GiB, bus: sata }
  - { name: s2, size: 1GiB, bus: sata }
  - { name: s3, size: 1GiB, bus: sata }
  - { name: s4, size: 1GiB, bus: sata }
  - { name: s5, size: 1GiB, bus: sata }
  - { name: s6, size: 1GiB, bus: sata }
  - { name: bay, size: 1GiB, bus: scsi }
  - { name: stick, size: 1GiB, bus: usb }
display: virtio
`,
  shares: `category: application
memory: 128MiB
shares: [ { name: downloads, source: data/, mode: rw }, { name: config, source: config } ]
`,
  virtiofs: `category: application
memory: { size: 256MiB, hugepages: on }
boot: { profile: minivm, arguments: "console=hvc0 quiet" }
shares: [ { name: data, source: data/, mode: rw, driver: virtiofs } ]
display: vga
`,
};

/** Samples that a libvirt takes only with programs that are not everywhere, or for another architecture. */
export const SPECIAL_SAMPLES: Readonly<Record<string, string>> = {
  tpm: 'category: service\ntpm: on\n',
  'cpu-model': 'category: service\ncpus: { count: 2, model: EPYC }\nnested: on\n',
  aarch64: `category: service
architecture: aarch64
os: { root: image:debian12 }
firmware: uefi
iommu: on
display: vnc
disks: [ { name: cd, source: a.iso, cdrom: on } ]
`,
  'aarch64-direct': 'category: application\narchitecture: aarch64\n',
  'read-only-virtiofs': 'category: service\nshares: [ { name: data, source: data/, driver: virtiofs } ]\n',
};

/** A fragment of each kind. */
export const SAMPLE_FRAGMENT = `<!-- what a person adds -->
<domain xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <metadata><site:rack xmlns:site="urn:example:site">7 &amp; 8</site:rack></metadata>
  <memtune><hard_limit unit="KiB">1048576</hard_limit></memtune>
  <features><kvm><hidden state="on"/></kvm></features>
  <clock offset="localtime"><timer name="hpet" present="no"/></clock>
  <devices>
    <memballoon model="virtio"/>
    <controller type="usb" index="0" model="qemu-xhci"/>
    <channel type="unix"><target type="virtio" name="org.example.0"/></channel>
    <interface type="user"><mac address="02:00:00:00:00:99"/><model type="virtio"/></interface>
  </devices>
  <qemu:commandline><qemu:arg value="-name"/><qemu:arg value="debug-threads=on"/></qemu:commandline>
</domain>
`;

/** What is rendered of a sample. */
export function renderSample(yaml: string, options: SampleOptions = {}): string {
  return renderDomain(sampleMachine(yaml, 'm0', options), MARKS);
}
