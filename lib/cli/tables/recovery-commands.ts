import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';

const { json, color } = READING_OPTIONS;

/** The commands of `pci` that end a change: keep it, undo it, or finish it. */
export const RECOVERY_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'confirm',
    summary: 'Keep a change that was made with --confirm-within',
    description:
      'Keep a change that was made with --confirm-within. Without this command, the change is undone when its time is over, and no other change can be made until then. If no change awaits confirmation, because it was undone or already confirmed, the exit code is 3.',
    positionals: {},
    options: { json, color },
    examples: [
      ['sudo pci bind 03:00.0 --confirm-within 60s', 'a change that may disconnect you'],
      ['sudo pci confirm', 'keep it, if you are still connected'],
    ],
    load: async () => (await import('../commands/change/confirm.ts')).runConfirm,
  }),
  defineCommand({
    name: 'recover',
    summary: 'Undo, or finish, a change that was interrupted or not confirmed',
    description:
      'Undo a change that was interrupted by kill -9 or a power loss, or that awaits pci confirm. Such a change leaves a journal in /var/lib/portal-gun. With --finish, complete the change instead. Without a journal, do nothing. Then list the persisted VFs and bindings that are not in force; with --restore, restore them.',
    positionals: {},
    options: {
      json,
      color,
      finish: { describe: 'Complete the change; if that fails, undo it', type: 'boolean' },
      restore: {
        describe: 'Then also restore persisted VFs and bindings that are not in force',
        type: 'boolean',
      },
      unconfirmed: {
        describe: 'Undo the change in JOURNAL if it was not confirmed in time (run by --confirm-within)',
        type: 'string',
        valueName: 'JOURNAL',
        completes: 'file',
      },
    },
    examples: [
      ['sudo pci recover', 'undo the change'],
      ['sudo pci recover --finish', 'complete the change'],
      ['sudo pci recover --restore', 'and restore persisted VFs and bindings, as after a boot'],
    ],
    load: async () => (await import('../commands/change/recover.ts')).runRecover,
  }),
];
