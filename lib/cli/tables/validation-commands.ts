import { PURPOSES } from '../../checks/validation/validation-rule.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

/** The commands of `pci` that validate a host. */
export const VALIDATION_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'validate',
    summary: 'Check whether the host supports passthrough and VMs; exit 1 if not',
    description:
      'Check whether a host can run VMs and pass devices through to them. For each check that fails, show the fix: the command to run or the file to change on this distribution. If you name devices, check whether a VM can get each one. With --for, check the host for a purpose. With --machine, check whether a VM can start. The checks look at the running state of the host, not at its configuration. If virt-host-validate is installed, its results are shown if they differ. A check that cannot be decided, for example on a snapshot, never passes. The exit code is 1 if a check fails; with --strict also if one warns or cannot be decided. With --fix, make a plan that fixes the failed checks: kernel command line, modules and their options, limits and initramfs, in files that belong to portal-gun. Fixes that you must do yourself are listed, and the exit code is 1: firmware settings, packages, files of other programs, and boot loaders other than GRUB on Debian or Ubuntu. All checks are described in docs/reference/validation-rules.md.',
    positionals: {
      devices: {
        describe: 'Address, or another selector, as in pci list; several are combined',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      for: {
        describe: 'Purpose of the host; default: passthrough and machines',
        type: 'string',
        choices: PURPOSES,
        valueName: 'PURPOSE',
        array: true,
      },
      machine: {
        describe: 'Check whether this VM can start: name or UUID',
        type: 'string',
        valueName: 'NAME',
        completes: 'machine',
      },
      all: {
        describe: 'Show every check, also those that pass, are notes, or do not apply',
        type: 'boolean',
        alias: 'a',
      },
      strict: { describe: 'Treat warnings, and checks that cannot be decided, as failures', type: 'boolean' },
      format: {
        describe: 'Output format; junit is for CI servers',
        type: 'string',
        choices: ['text', 'json', 'junit'],
      },
      fix: {
        describe: 'Fix failed checks by a plan, which is shown first; with --strict also warnings',
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
      ['sudo pci validate', 'check passthrough and VMs on this host'],
      ['pci validate --for sriov --for gpu', 'check for VFs and for graphics cards'],
      ['sudo pci validate 03:00.0', 'check whether a VM can get this device'],
      ['sudo pci validate --machine router0', 'check whether this VM can start'],
      ['pci validate --fix --dry-run', 'show the plan for failed checks'],
      ['sudo pci validate --for passthrough --fix', 'fix failed checks, after confirmation'],
      ['pci validate --format junit --strict', 'for a CI server'],
      ['pci validate --host galaxy.snapshot', 'check a captured host'],
    ],
    load: async () => (await import('../commands/change/validate.ts')).runValidate,
  }),
];
