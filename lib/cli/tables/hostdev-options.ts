import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';
import { MANAGED_OPTION } from './libvirt-options.ts';

/** The options for passing a device to a VM. */
export const HOSTDEV_OPTIONS = {
  as: {
    describe: 'XML element; default: interface for a VF of a network card, hostdev for any other device',
    type: 'string',
    choices: ['hostdev', 'interface'],
  },
  rom: {
    describe:
      'Show the option ROM to the guest: on, off, or a ROM file; auto (default) hides the ROM of a network card unless the guest boots from it',
    type: 'string',
    valueName: 'ROM',
    suggestions: ['auto', 'on', 'off'],
    completes: 'file',
  },
  managed: MANAGED_OPTION,
  mac: { describe: 'MAC of an interface', type: 'string', valueName: 'MAC', completes: 'nothing' },
  vlan: {
    describe: 'VLAN of an interface, 1 to 4094',
    type: 'string',
    valueName: 'ID',
    completes: 'nothing',
  },
  'boot-order': {
    describe: 'Position in the boot order of the guest firmware, from 1',
    type: 'string',
    valueName: 'NUMBER',
    completes: 'nothing',
  },
  teaming: {
    describe: 'Alias (ua-…) of the interface that replaces this one during migration',
    type: 'string',
    valueName: 'ALIAS',
    completes: 'nothing',
  },
} as const satisfies Record<string, OptionDefinition>;

export type HostdevValues = ValuesOf<typeof HOSTDEV_OPTIONS>;
