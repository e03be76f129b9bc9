import { type Command, defineCommand, type OptionDefinition, type ValuesOf } from '../../grammar/command.ts';
import { INPUT_FILE } from '../input-file.ts';
import { LIBVIRT_OPTIONS } from '../libvirt-options.ts';
import { PROJECT_OPTIONS } from '../project/project-options.ts';

/** The options of each command that runs a command in a guest. */
const GUEST_OPTIONS = {
  timeout: {
    describe: 'Time for the command, before it is ended; default: no limit',
    type: 'string',
    valueName: 'SECONDS',
    completes: 'nothing',
  },
  wait: {
    describe: 'Time for the agent of the guest to answer; default: 30, and 120 for run',
    type: 'string',
    valueName: 'SECONDS',
    completes: 'nothing',
  },
  input: { ...INPUT_FILE, describe: 'File for the stdin of the command, at most 1 MiB; - reads stdin' },
  raw: {
    describe: 'Print all bytes of the command on a terminal; the guest can then control the terminal',
    type: 'boolean',
  },
  connect: LIBVIRT_OPTIONS.connect,
  json: LIBVIRT_OPTIONS.json,
  color: LIBVIRT_OPTIONS.color,
} as const satisfies Record<string, OptionDefinition>;

export type GuestOptionValues = ValuesOf<typeof GUEST_OPTIONS>;

const COMMAND = {
  describe: 'Command with its arguments, after --',
  array: true,
  takesDashed: true,
  completes: 'nothing',
} as const;

const STATUS =
  'The exit status is that of the command, 128 + N if signal N ended it. If the command did not run or did not end, the exit status is that of the error, which is printed on stderr: --json shows which of the two it is.';

/** The commands of `portal` that work inside of guests. */
export const PORTAL_GUEST_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'exec',
    summary: 'Run a command in the guest of a running VM',
    description: `Run a command in the guest of a running VM, as its root, through the agent of the guest. No network is needed. Its output is printed as it comes: stdout on stdout, stderr on stderr. On a terminal, characters that would control the terminal are left out, unless you give --raw. ${STATUS}`,
    positionals: {
      machine: { describe: 'Name or UUID of a VM', completes: 'machine' },
      command: COMMAND,
    },
    options: GUEST_OPTIONS,
    examples: [
      ['sudo portal exec web0 -- nginx -t', 'check a configuration'],
      [
        "sudo portal exec web0 --timeout 60 -- sh -c 'apt-get update && apt-get -y upgrade'",
        'with a time limit',
      ],
    ],
    load: async () => (await import('../../commands/portal/exec.ts')).runExec,
  }),
  defineCommand({
    name: 'run',
    summary: 'Start a machine, run a command in it, and remove it again',
    description: `Start a machine, wait for the agent of its guest, run a command in it, print its output, and remove everything that the start made: the VM, its networks, its new disks. If the VM was defined before, it is only stopped. Ctrl-C removes it, too. The machine must not run. ${STATUS}`,
    positionals: {
      machine: { describe: 'Name of a machine', completes: 'folder-machine' },
      command: COMMAND,
    },
    options: { ...GUEST_OPTIONS, project: PROJECT_OPTIONS.project },
    examples: [['sudo portal run scratch -- uname -r', 'the kernel of a small machine']],
    load: async () => (await import('../../commands/portal/run.ts')).runRun,
  }),
];
