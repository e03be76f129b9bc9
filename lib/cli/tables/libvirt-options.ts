import { COMMON_URIS, DEFAULT_URI } from '../../libvirt/connection-uri.ts';
import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';

/** Whether libvirt moves devices between their drivers and vfio-pci. */
export const MANAGED_OPTION = {
  describe:
    'Whether libvirt binds the device when the VM starts, and gives it back: yes or no; auto, the default, is no for a device that its own VFIO driver gives to VMs',
  type: 'string',
  choices: ['auto', 'yes', 'no'],
} as const satisfies OptionDefinition;

const { json, verbose, color } = READING_OPTIONS;

/** The options of every command that asks a libvirt about machines. */
export const LIBVIRT_OPTIONS = {
  connect: {
    describe: `Ask another libvirt, as virsh takes it: qemu+ssh://root@host/system; by default that of LIBVIRT_DEFAULT_URI, or ${DEFAULT_URI}`,
    type: 'string',
    valueName: 'URI',
    suggestions: COMMON_URIS,
  },
  json,
  verbose: { ...verbose, describe: 'Say every note on standard error' },
  color,
} as const satisfies Record<string, OptionDefinition>;

export type LibvirtValues = ValuesOf<typeof LIBVIRT_OPTIONS>;
