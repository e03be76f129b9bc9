import { CATEGORIES } from '../../../libvirt/machine/category.ts';
import type { OptionDefinition, ValuesOf } from '../../grammar/command.ts';
import { READING_OPTIONS } from '../../reading-options.ts';

const { json, color } = READING_OPTIONS;

/** The options of every command about folders of machines. */
export const PROJECT_OPTIONS = {
  project: {
    describe: 'Directory that holds machines/; default: the nearest one upwards of the current directory',
    type: 'string',
    alias: 'C',
    valueName: 'DIRECTORY',
    completes: 'folder',
  },
  json,
  color,
} as const satisfies Record<string, OptionDefinition>;

/** The option that selects machines by category. */
export const TYPE_OPTION = {
  describe: `Only machines of a category: ${CATEGORIES.join(', ')}, or a custom name`,
  type: 'string',
  valueName: 'CATEGORY',
  array: true,
  suggestions: CATEGORIES,
} as const satisfies OptionDefinition;

export type ProjectValues = ValuesOf<typeof PROJECT_OPTIONS>;
