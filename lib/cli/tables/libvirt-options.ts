import { COMMON_URIS, DEFAULT_URI } from '../../libvirt/connection-uri.ts';
import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';

/** Whether libvirt moves devices between their drivers and vfio-pci. */
export const MANAGED_OPTION = {
  describe:
    'Let libvirt bind the device when the VM starts, and return it: yes or no; auto (default) is no for a device whose own VFIO driver serves VMs',
  type: 'string',
  choices: ['auto', 'yes', 'no'],
} as const satisfies OptionDefinition;

const { json, verbose, color } = READING_OPTIONS;

/** The options of every command that asks a libvirt about VMs. */
export const LIBVIRT_OPTIONS = {
  connect: {
    describe: `libvirt URI, as for virsh: qemu+ssh://root@host/system; default: $LIBVIRT_DEFAULT_URI, or ${DEFAULT_URI}`,
    type: 'string',
    valueName: 'URI',
    suggestions: COMMON_URIS,
  },
  json,
  verbose: { ...verbose, describe: 'Print all notes on stderr' },
  color,
} as const satisfies Record<string, OptionDefinition>;

export type LibvirtValues = ValuesOf<typeof LIBVIRT_OPTIONS>;
