import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { MachineDefinition } from '../definition/machine-definition.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';

const MACHINE_TYPES = { x86_64: 'q35', aarch64: 'virt' } as const;
const ROOT_ARGUMENT = 'root=/dev/vda';
const SERIAL_CONSOLES = { x86_64: 'ttyS0', aarch64: 'ttyAMA0' } as const;

/** The start of the machine: firmware, and the kernel if it is started directly. */
export function osNode(machine: ResolvedMachine): XmlNode {
  const { definition, kernel } = machine;
  const { architecture, firmware } = definition;
  return {
    name: 'os',
    attributes: { firmware: firmware === 'uefi' ? 'efi' : undefined },
    content: [
      {
        name: 'type',
        attributes: { arch: architecture, machine: MACHINE_TYPES[architecture] },
        content: 'hvm',
      },
      ...(firmware === 'uefi' ? uefiNodes(machine) : []),
      ...(kernel === null
        ? []
        : [
            { name: 'kernel', content: kernel.kernel },
            kernel.initrd === null ? undefined : { name: 'initrd', content: kernel.initrd },
            { name: 'cmdline', content: kernelCommandLine(machine) },
          ]),
      // The menus of firmware and boot loader, on the serial console.
      firmware === 'bios' ? { name: 'bios', attributes: { useserial: 'yes' } } : undefined,
    ],
  };
}

/**
 * The command line of a kernel that is started directly: its consoles, the serial one last, because the last one is
 * `/dev/console`; then what boot assets of the store need to know; then the arguments of the definition. Of what these name
 * themselves, nothing is added.
 */
export function kernelCommandLine({ definition }: Pick<ResolvedMachine, 'definition'>): string {
  const words = definition.boot.arguments.split(/\s+/).filter((word) => word !== '');
  const isGiven = (word: string): boolean => {
    const key = word.slice(0, word.indexOf('=') + 1);
    return words.some((each) => each.startsWith(key));
  };
  const screen = definition.display === 'none' ? [] : ['console=tty0'];
  const consoles = [...screen, `console=${SERIAL_CONSOLES[definition.architecture]}`];
  const added = [...consoles, ...profileArguments(definition)].filter((word) => !isGiven(word));
  return [...added, ...words].join(' ');
}

/** The arguments that the initramfs of a profile reads. The root disk is the first virtio disk. */
function profileArguments({ boot, name, os, shares }: MachineDefinition): readonly string[] {
  if (boot.profile === null) return [];
  const mounted = shares.map((share) => (share.mode === 'ro' ? `${share.name}:ro` : share.name));
  return [
    `portal.name=${name}`,
    ...(mounted.length === 0 ? [] : [`portal.shares=${mounted.join(',')}`]),
    ...(os.root === null ? [] : [ROOT_ARGUMENT]),
  ];
}

/** libvirt finds the firmware itself. The kernels of portal-gun are not signed. */
function uefiNodes({ paths }: ResolvedMachine): readonly XmlNode[] {
  const off = (name: string): XmlNode => ({ name: 'feature', attributes: { enabled: 'no', name } });
  return [
    { name: 'firmware', content: [off('enrolled-keys'), off('secure-boot')] },
    { name: 'nvram', content: `${paths.state}/nvram.fd` },
  ];
}
