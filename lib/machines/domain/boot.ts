import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';

const MACHINE_TYPES = { x86_64: 'q35', aarch64: 'virt' } as const;
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
 * `/dev/console`; then the arguments of the definition. If these name a console, it is not added.
 */
export function kernelCommandLine({ definition }: Pick<ResolvedMachine, 'definition'>): string {
  const words = definition.boot.arguments.split(/\s+/).filter((word) => word !== '');
  if (words.some((word) => word.startsWith('console='))) return words.join(' ');
  const screen = definition.display === 'none' ? [] : ['console=tty0'];
  return [...screen, `console=${SERIAL_CONSOLES[definition.architecture]}`, ...words].join(' ');
}

/** libvirt finds the firmware itself. The kernels of portal-gun are not signed. */
function uefiNodes({ paths }: ResolvedMachine): readonly XmlNode[] {
  const off = (name: string): XmlNode => ({ name: 'feature', attributes: { enabled: 'no', name } });
  return [
    { name: 'firmware', content: [off('enrolled-keys'), off('secure-boot')] },
    { name: 'nvram', content: `${paths.state}/nvram.fd` },
  ];
}
