import { PURPOSES } from '../../checks/validation/validation-rule.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

/** The commands of `pci` that judge a host. */
export const VALIDATION_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'validate',
    summary: 'Check whether the host can do what is asked of it; exit 1 where not',
    description:
      'Checks whether a host can run machines and give them devices, and says what to change where it can not, with the command or the file of its distribution. With devices it is checked whether each can be given to a machine, with --for whether the host is fit for a purpose, with --machine whether a machine would start. It looks at what is in effect, not at settings. What virt-host-validate says, where it is installed, stands beside it where both do not agree. What can not be told, as of a snapshot, is said, and never passes. It exits with 1 where a check fails; with --strict also where one warns, or can not tell. With --fix it makes a plan for what fails of what was asked: arguments of the kernel, modules and their options, limits, initial RAM disks, in files of our own that a later --fix adds to. What is for a person to do is listed, with how, and exits with 1: settings of the firmware, packages, files of others, boot loaders other than GRUB as Debian has it. What each check is about is in docs/reference/validation-rules.md.',
    positionals: {
      devices: {
        describe: 'Address, or another selector, as for pci list; several add up',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      for: {
        describe: 'What the host is wanted for; passthrough and machines by default',
        type: 'string',
        choices: PURPOSES,
        valueName: 'PURPOSE',
        array: true,
      },
      machine: {
        describe: 'Check whether this machine of libvirt would start: its name or UUID',
        type: 'string',
        valueName: 'NAME',
        completes: 'machine',
      },
      all: {
        describe:
          'Show every check: also those that pass, those that are notes, and those with nothing to check',
        type: 'boolean',
        alias: 'a',
      },
      strict: { describe: 'Let warnings fail, and what can not be told', type: 'boolean' },
      format: {
        describe: 'How it is printed; junit is for servers of continuous integration',
        type: 'string',
        choices: ['text', 'json', 'junit'],
      },
      fix: {
        describe:
          'Mend what fails, as far as that can be done by a plan that is shown first; with --strict also what warns',
        type: 'boolean',
      },
      'dry-run': CHANGING_OPTIONS['dry-run'],
      script: CHANGING_OPTIONS.script,
      yes: CHANGING_OPTIONS.yes,
      allow: CHANGING_OPTIONS.allow,
      connect: LIBVIRT_OPTIONS.connect,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci validate', 'can this host run machines, and give them devices?'],
      ['pci validate --for sriov --for gpu', 'is it fit for virtual functions and graphics cards?'],
      ['sudo pci validate 03:00.0', 'can this device be given to a machine?'],
      ['sudo pci validate --machine router0', 'will this machine start?'],
      ['pci validate --fix --dry-run', 'what would be done about what fails'],
      ['sudo pci validate --for passthrough --fix', 'mend it, once it is confirmed'],
      ['pci validate --format junit --strict', 'for a server of continuous integration'],
      ['pci validate --host galaxy.snapshot', 'as far as a captured host tells'],
    ],
    load: async () => (await import('../commands/validate.ts')).runValidate,
  }),
];
