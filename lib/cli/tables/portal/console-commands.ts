import { type Command, defineCommand, type OptionDefinition } from '../../grammar/command.ts';
import { INPUT_FILE } from '../input-file.ts';
import { LIBVIRT_OPTIONS } from '../libvirt-options.ts';

/** The options of each command that prints the log of a console. */
const LOG_OPTIONS = {
  follow: { describe: 'Go on with what is added to the log; Ctrl-C ends', type: 'boolean' },
  lines: {
    describe: 'Print only the last lines or events; default: all, or 10 lines with --follow',
    type: 'string',
    valueName: 'N',
    alias: 'n',
    completes: 'nothing',
  },
  raw: {
    describe: 'Print all bytes of the log on a terminal; the VM can then control the terminal',
    type: 'boolean',
  },
} as const satisfies Record<string, OptionDefinition>;

const { connect, verbose, color } = LIBVIRT_OPTIONS;

/** The commands of `portal` for the serial consoles of VMs. */
export const PORTAL_CONSOLE_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'console',
    summary: 'Open the serial console of a VM, read its log, or run a script on it',
    description:
      'Connect the terminal to the serial console of a VM. All keys go to the VM; ^] leaves, and ^] ? shows more. The VM must run or be paused, and its console must be a socket that QEMU serves. One process at a time can have a console open; the others read its log. If stdin is not a terminal, its bytes go to the VM unchanged, and the command ends when the console is silent for 1 s after the end of stdin. With --log, the command prints the log of the console, also of a VM that does not run. With --script, it runs the steps of a file: expect a text, send text or keys. It exits with 7 if a text does not come in time.',
    positionals: {
      machine: { describe: 'Name or UUID of a VM', completes: 'machine' },
    },
    options: {
      resume: {
        describe: 'Resume a paused VM as soon as its console is open, so that no output is missed',
        type: 'boolean',
      },
      escape: {
        describe: 'Key that leaves: ^ and a letter, or one character; default: ^]',
        type: 'string',
        valueName: 'KEY',
        completes: 'nothing',
      },
      log: { describe: 'Print the log of the console instead of opening it', type: 'boolean' },
      ...LOG_OPTIONS,
      script: { ...INPUT_FILE, describe: 'Run a console script; - reads stdin' },
      transcript: {
        describe: 'Write the output of the VM during the script to a file, readable only by you',
        type: 'string',
        valueName: 'FILE',
        completes: 'file',
      },
      overwrite: { describe: 'Replace an existing transcript', type: 'boolean' },
      ...LIBVIRT_OPTIONS,
    },
    examples: [
      ['sudo portal console router0', 'open the console; ^] leaves'],
      ['sudo portal console router0 --log --follow', 'read along'],
      ['sudo portal console router0 --resume --script boot.yaml', 'drive a VM from its firmware on'],
    ],
    load: async () => (await import('../../commands/portal/console.ts')).runConsole,
  }),
  defineCommand({
    name: 'log',
    summary: 'Print the log of the serial console of a VM, or of the scripts of a machine',
    description:
      'Print the log of the serial console of a VM, running or not, as portal console --log does. On a terminal, characters that would control the terminal are left out, unless you give --raw. With --events, print the events on which scripts of a machine ran, oldest first, with the order, the result, the time and the output of each script.',
    positionals: {
      machine: { describe: 'Name or UUID of a VM; with --events, name of a machine', completes: 'machine' },
    },
    options: {
      events: { describe: 'Print the events on which scripts ran, with their results', type: 'boolean' },
      ...LOG_OPTIONS,
      json: { ...LIBVIRT_OPTIONS.json, describe: 'Print the events as JSON; only with --events' },
      connect,
      verbose,
      color,
    },
    examples: [
      ['sudo portal log router0', 'the whole log'],
      ['sudo portal log router0 --follow --lines 50', 'the last 50 lines, and what is added'],
      ['sudo portal log router0 --events -n 5', 'the last five events on which scripts ran'],
    ],
    load: async () => (await import('../../commands/portal/log.ts')).runLog,
  }),
  defineCommand({
    name: 'relay',
    summary: 'Connect a VM with the consoles of other machines',
    description:
      'Connect the ports of a running VM with the serial consoles of other machines, as "consoles" in its definition says. The libvirt hook that portal up installs starts this command with each such VM, so it is needed by hand only after it was killed. It ends when the VM stops. In the guest, each console is a port /dev/vportNpM, whose name is in /sys/class/virtio-ports. The VM sees what a machine prints from the last 10 lines of its log on. It can send keys only if its entry has "write: on", and only while no other process has that console open.',
    positionals: {
      machine: { describe: 'Name or UUID of a VM', completes: 'machine' },
    },
    options: {
      wait: {
        describe:
          'Time to try again while libvirt does not answer, or another relay ends; default: do not wait',
        type: 'string',
        valueName: 'SECONDS',
        completes: 'nothing',
      },
      connect,
      verbose,
      color,
    },
    examples: [['sudo portal relay user0', 'connect user0 with the consoles that it sees']],
    load: async () => (await import('../../commands/portal/relay.ts')).runRelay,
  }),
];
