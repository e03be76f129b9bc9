import { HOST_EVENTS } from '../../../machines/events/machine-event.ts';
import { type Command, defineCommand } from '../../grammar/command.ts';

/** The commands of `portal` that other programs call. */
export const PORTAL_PLUMBING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'run-event',
    summary: 'Run the scripts of a machine for an event (called by the libvirt hook)',
    description:
      'Read the definition of a VM on stdin, as libvirt passes it to its hooks, and run the scripts that portal up installed for its machine and an event, in their order. Their results are recorded: portal log NAME --events. Fail if a script of prepare fails, unless the script has on-error=continue. portal up installs the hook that runs this command, in /etc/libvirt/hooks/qemu.d.',
    positionals: {
      event: { describe: `Event: ${HOST_EVENTS.join(', ')}`, suggestions: HOST_EVENTS },
    },
    options: {
      reason: {
        describe: 'Why the VM stopped, as libvirt reports it; - for none',
        type: 'string',
        valueName: 'REASON',
        completes: 'nothing',
      },
    },
    examples: [
      ['virsh dumpxml --inactive r0 | sudo portal run-event prepare', 'run the scripts, as the hook would'],
    ],
    load: async () => (await import('../../commands/portal/run-event.ts')).runRunEvent,
  }),
];
