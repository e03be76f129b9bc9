import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';
import { MANAGED_OPTION } from './libvirt-options.ts';

/** How a device is handed to a machine. */
export const HOSTDEV_OPTIONS = {
  as: {
    describe:
      'The element: interface for a virtual function of a network card, hostdev for all else, by default',
    type: 'string',
    choices: ['hostdev', 'interface'],
  },
  rom: {
    describe:
      'Whether the guest sees the option ROM: on, off, or a FILE to have it from; auto, the default, hides that of a network card unless the guest boots from it',
    type: 'string',
    valueName: 'ROM',
    suggestions: ['auto', 'on', 'off'],
    completes: 'file',
  },
  managed: MANAGED_OPTION,
  mac: { describe: 'The MAC of an interface', type: 'string', valueName: 'MAC', completes: 'nothing' },
  vlan: {
    describe: 'The VLAN of an interface, 1 to 4094',
    type: 'string',
    valueName: 'ID',
    completes: 'nothing',
  },
  'boot-order': {
    describe: 'Its place among what the firmware boots from, from 1',
    type: 'string',
    valueName: 'NUMBER',
    completes: 'nothing',
  },
  teaming: {
    describe: 'The alias (ua-…) of the interface that stands in for this one while the machine migrates',
    type: 'string',
    valueName: 'ALIAS',
    completes: 'nothing',
  },
} as const satisfies Record<string, OptionDefinition>;

export type HostdevValues = ValuesOf<typeof HOSTDEV_OPTIONS>;
