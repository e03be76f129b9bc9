import { CATEGORIES } from '../../libvirt/machine/category.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

const KNOWN = CATEGORIES.join(', ');

/** The commands of `portal` for the VMs that libvirt knows. */
export const PORTAL_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'list',
    summary: 'List virtual machines, a row each',
    description:
      'Lists the machines that libvirt knows, running or not, with the category that each is tagged with, and the devices of the host that it is given. Of one that is not tagged yet a guess by its name is shown, with a question mark; nothing goes by a guess.',
    positionals: {},
    options: {
      type: {
        describe: `Those of a category alone: ${KNOWN}, or a name of your own`,
        type: 'string',
        valueName: 'CATEGORY',
        array: true,
        suggestions: CATEGORIES,
      },
      untagged: { describe: 'Those that are not tagged; with --type, these as well', type: 'boolean' },
      header: { describe: 'The line of headings; --no-header for none', type: 'boolean', negatable: true },
      ...LIBVIRT_OPTIONS,
    },
    examples: [
      ['portal list', 'all machines'],
      ['portal list --type router --json', 'the routers, as JSON'],
      ['portal list --untagged', 'what is to be tagged yet'],
      ['portal list --connect qemu+ssh://root@star/system', 'those of another host'],
    ],
    load: async () => (await import('../commands/portal-list.ts')).runPortalList,
  }),
  defineCommand({
    name: 'tag',
    summary: 'Say of which category machines are',
    description:
      "Writes the category of machines into the metadata of their definitions, and of what runs, so that commands can mean all machines of a category. Nothing else of a definition is changed. Where one machine can't be tagged none is. The plan is shown first. On a terminal it asks before it tags, unless --yes is given; a script needs no --yes. pci recover ends one that was cut short.",
    positionals: {
      machines: {
        describe: 'Name, or UUID, of a machine; behind -- a name may begin with a dash',
        array: true,
        takesDashed: true,
        completes: 'machine',
      },
    },
    options: {
      type: {
        describe: `The category: ${KNOWN}, or a name of your own, of lower case letters, digits and hyphens`,
        type: 'string',
        valueName: 'CATEGORY',
        suggestions: CATEGORIES,
      },
      remove: { describe: 'Take the category away', type: 'boolean' },
      'dry-run': CHANGING_OPTIONS['dry-run'],
      script: CHANGING_OPTIONS.script,
      yes: CHANGING_OPTIONS.yes,
      ...LIBVIRT_OPTIONS,
    },
    examples: [
      ['sudo portal tag galaxy0 star0 --type router', 'two routers'],
      ['portal tag mail --type application --dry-run', 'what would be done'],
      ['sudo portal tag galaxy0 --remove', 'no category any more'],
    ],
    load: async () => (await import('../commands/portal-tag.ts')).runPortalTag,
  }),
];
