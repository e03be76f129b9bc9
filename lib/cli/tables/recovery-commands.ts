import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';

const { json, color } = READING_OPTIONS;

/** The commands of `pci` that end a change: keep it, undo it, or finish it. */
export const RECOVERY_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'confirm',
    summary: 'Keep a change that was made with --confirm-within',
    description:
      'A change that was made with --confirm-within is undone by itself unless this comes in time; until then no other change is made. Where nothing awaits confirmation, because it was undone or confirmed already, it exits with 3.',
    positionals: {},
    options: { json, color },
    examples: [
      ['sudo pci bind 03:00.0 --confirm-within 60s', 'a change that may cut you off'],
      ['sudo pci confirm', 'keep it, if you are still there'],
    ],
    load: async () => (await import('../commands/confirm.ts')).runConfirm,
  }),
  defineCommand({
    name: 'recover',
    summary: 'Undo, or finish, a change that was cut short or not confirmed',
    description:
      'A change that was cut short, by kill -9 or a loss of power, leaves a journal in /var/lib/portal-gun, and so does one that awaits pci confirm. This undoes what was begun, or with --finish does the rest; without a journal it does nothing. Then it lists what is persisted and not in force in this boot; with --restore it puts that in force.',
    positionals: {},
    options: {
      json,
      color,
      finish: { describe: 'Do the rest; undo what was begun where that fails', type: 'boolean' },
      restore: {
        describe: 'Then also make the VFs and bindings that are persisted and not in force',
        type: 'boolean',
      },
      unconfirmed: {
        describe:
          'What --confirm-within leaves behind to run: undo the change of this journal once nobody has confirmed it in time',
        type: 'string',
        valueName: 'JOURNAL',
        completes: 'file',
      },
    },
    examples: [
      ['sudo pci recover', 'as it was before'],
      ['sudo pci recover --finish', 'as it was asked'],
      ['sudo pci recover --restore', 'and what is persisted, as after a boot'],
    ],
    load: async () => (await import('../commands/recover.ts')).runRecover,
  }),
];
