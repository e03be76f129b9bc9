import { type Command, defineCommand } from '../../grammar/command.ts';
import { PROJECT_OPTIONS } from '../project/project-options.ts';
import { COPY_OPTIONS, GUEST_OPTIONS } from './guest-options.ts';

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
    name: 'cp',
    summary: 'Copy a file to or from the guest of a running VM',
    description:
      'Copy one file between this host and the guest of a running VM, through the agent of the guest. No network is needed. Exactly one of the two paths is in a guest: NAME:/PATH, absolute. A path of this host that contains a colon needs a slash before it: ./a:b. Both paths name a file, never a directory, and the file has at most 256 MiB. The SHA-256 of the content is checked. In the guest, the copy belongs to root, and replaces a file that is there. On this host, an existing file is replaced only with --overwrite. A copy is at its place whole, or not at all. After Ctrl-C, a copy into a guest continues if you repeat the command.',
    positionals: {
      source: { describe: 'File, or NAME:/PATH in a guest', completes: ['machine', 'file'] },
      target: { describe: 'New file, or NAME:/PATH in a guest', completes: ['machine', 'file'] },
    },
    options: COPY_OPTIONS,
    examples: [
      ['sudo portal cp app.conf web0:/etc/app.conf', 'into a guest'],
      ['sudo portal cp web0:/var/log/syslog syslog', 'out of a guest'],
    ],
    load: async () => (await import('../../commands/portal/cp.ts')).runCp,
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
