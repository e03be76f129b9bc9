import { CATEGORIES } from '../../libvirt/machine/category.ts';
import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** The options that name VMs. */
export const MACHINE_OPTIONS = {
  type: {
    describe: `All VMs of a category: ${CATEGORIES.join(', ')}, or a custom name (portal tag)`,
    type: 'string',
    valueName: 'CATEGORY',
    array: true,
    suggestions: CATEGORIES,
  },
  machine: {
    describe: 'One VM, by name or UUID',
    type: 'string',
    valueName: 'NAME',
    array: true,
    completes: 'machine',
  },
} as const satisfies Record<string, OptionDefinition>;

export type MachineValues = ValuesOf<typeof MACHINE_OPTIONS>;
