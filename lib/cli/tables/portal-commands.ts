import { CATEGORIES } from '../../libvirt/machine/category.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { FORMAT_OPTION } from './format-option.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

const KNOWN = CATEGORIES.join(', ');

/** The commands of `portal` for the VMs that libvirt knows. */
export const PORTAL_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'list',
    summary: 'List VMs, one per row',
    description:
      'List the VMs of libvirt, running or not, with the category of each one and the host devices in its definition. For a VM without a category, a guess from its name is shown with a question mark. No command acts on a guess.',
    positionals: {},
    options: {
      type: {
        describe: `Only VMs of a category: ${KNOWN}, or a custom name`,
        type: 'string',
        valueName: 'CATEGORY',
        array: true,
        suggestions: CATEGORIES,
      },
      untagged: { describe: 'Only VMs without a category; with --type, also these', type: 'boolean' },
      ...FORMAT_OPTION,
      header: { describe: 'Print the heading row; --no-header omits it', type: 'boolean', negatable: true },
      ...LIBVIRT_OPTIONS,
    },
    examples: [
      ['portal list', 'all VMs'],
      ['portal list --type router --json', 'the routers, as JSON'],
      ['portal list --untagged', 'VMs without a category'],
      ['portal list --connect qemu+ssh://root@star/system', 'VMs of another host'],
    ],
    load: async () => (await import('../commands/machines/portal-list.ts')).runPortalList,
  }),
  defineCommand({
    name: 'tag',
    summary: 'Tag VMs with a category',
    description:
      'Write the category of VMs into the metadata of their definitions, and of running VMs, so that commands can select all VMs of a category. Only the category changes. If one VM cannot be tagged, none is. The plan is shown first. On a terminal, the command asks before it tags, unless you give --yes; a script does not need --yes. If it is interrupted, pci recover undoes the change.',
    positionals: {
      machines: {
        describe: 'Name or UUID of a VM; put -- before a name that begins with a dash',
        array: true,
        takesDashed: true,
        completes: 'machine',
      },
    },
    options: {
      type: {
        describe: `Category: ${KNOWN}, or a custom name of lowercase letters, digits and hyphens`,
        type: 'string',
        valueName: 'CATEGORY',
        suggestions: CATEGORIES,
      },
      remove: { describe: 'Remove the category', type: 'boolean' },
      'dry-run': CHANGING_OPTIONS['dry-run'],
      script: CHANGING_OPTIONS.script,
      yes: CHANGING_OPTIONS.yes,
      ...LIBVIRT_OPTIONS,
    },
    examples: [
      ['sudo portal tag galaxy0 star0 --type router', 'two routers'],
      ['portal tag mail --type application --dry-run', 'show the plan only'],
      ['sudo portal tag galaxy0 --remove', 'remove the category'],
    ],
    load: async () => (await import('../commands/machines/portal-tag.ts')).runPortalTag,
  }),
];
