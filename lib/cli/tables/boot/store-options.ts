import type { OptionDefinition, ValuesOf } from '../../grammar/command.ts';
import { READING_OPTIONS } from '../../reading-options.ts';
import { CHANGING_OPTIONS } from '../changing-options.ts';

const { json, color } = READING_OPTIONS;

/** The options of every command that changes the store of boot assets and images. */
export const STORE_OPTIONS = {
  'dry-run': {
    ...CHANGING_OPTIONS['dry-run'],
    describe: 'Show what would be stored or removed, and change nothing',
  },
  json,
  color,
} as const satisfies Record<string, OptionDefinition>;

export const SUITE_OPTION = {
  describe: 'Release by codename: bookworm, trixie; default: the release of the host',
  type: 'string',
  valueName: 'SUITE',
  completes: 'nothing',
} as const satisfies OptionDefinition;

export type StoreValues = ValuesOf<typeof STORE_OPTIONS>;
