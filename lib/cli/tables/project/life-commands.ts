import { type Command, defineCommand } from '../../grammar/command.ts';
import { CHANGING_OPTIONS } from '../changing-options.ts';
import { FORMAT_OPTION } from '../format-option.ts';
import { LIBVIRT_OPTIONS } from '../libvirt-options.ts';
import { PROJECT_OPTIONS, TYPE_OPTION } from './project-options.ts';

const MACHINES = {
  describe: 'Names of machines; default: all',
  array: true,
  optional: true,
  completes: 'folder-machine',
} as const;
const SOME_MACHINES = { ...MACHINES, describe: 'Names of machines' } as const;
const { connect } = LIBVIRT_OPTIONS;
const { script, yes } = CHANGING_OPTIONS;
const dryRun = CHANGING_OPTIONS['dry-run'];

const STOPPING_OPTIONS = {
  type: TYPE_OPTION,
  all: { describe: 'All machines of the project', type: 'boolean' },
  grace: {
    describe: 'Time for the guest to shut down, before its VM is ended; default: 60',
    type: 'string',
    valueName: 'SECONDS',
    completes: 'nothing',
  },
  force: { describe: 'End the VM immediately, as if the power failed', type: 'boolean' },
} as const;

/** The commands of `portal` for the life of machines. */
export const LIFE_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'up',
    summary: 'Create, change and start machines as their folders say',
    description:
      'Create the VMs of machines with their networks and disks, or change them, as their folders say, and start them. Machines that a definition names in "after" are started first. A VM that runs keeps running: a change of its definition applies when it is started again. If a step fails, the earlier steps are undone. A second run changes nothing.',
    positionals: { machines: MACHINES },
    options: {
      type: TYPE_OPTION,
      paused: {
        describe: 'Start with the CPUs stopped, for a console script; portal console resumes',
        type: 'boolean',
      },
      allow: CHANGING_OPTIONS.allow,
      'dry-run': dryRun,
      script,
      yes,
      connect,
      ...PROJECT_OPTIONS,
    },
    examples: [
      ['sudo portal up r0', 'one machine'],
      ['sudo portal up', 'all machines of the project'],
      ['portal up r0 --dry-run', 'show the plan only'],
    ],
    load: async () => (await import('../../commands/project/up.ts')).runPortalUp,
  }),
  defineCommand({
    name: 'plan',
    summary: 'Show what portal up would do',
    description: 'Show the plan of portal up. Nothing is changed.',
    positionals: { machines: MACHINES },
    options: { type: TYPE_OPTION, connect, ...PROJECT_OPTIONS },
    examples: [['portal plan r0', 'the steps for one machine']],
    load: async () => (await import('../../commands/project/up.ts')).runPortalPlan,
  }),
  defineCommand({
    name: 'provision',
    summary: 'Change guests as the folders of their machines say',
    description:
      'Change what running guests have inside: the files of the directory config, and the modules under "provision". The agent of a guest makes the changes; no network is needed. Former files are kept in the guest, and if a step fails, the earlier steps are undone. A second run changes nothing. At the end the checks of the modules run; if one fails, the exit code is 1. portal up does the same after it started machines.',
    positionals: { machines: MACHINES },
    options: { type: TYPE_OPTION, 'dry-run': dryRun, script, yes, connect, ...PROJECT_OPTIONS },
    examples: [
      ['sudo portal provision web0', 'one machine'],
      ['sudo portal provision web0 --dry-run', 'show the changes only'],
    ],
    load: async () => (await import('../../commands/project/provision.ts')).runPortalProvision,
  }),
  defineCommand({
    name: 'diff',
    summary: 'Show what differs between guests and the folders of their machines',
    description:
      'Show what portal provision would change in running guests, what it cannot change, and the checks of modules that fail. Nothing is changed. The exit code is 1 if anything differs.',
    positionals: { machines: MACHINES },
    options: { type: TYPE_OPTION, ...FORMAT_OPTION, connect, ...PROJECT_OPTIONS },
    examples: [
      ['sudo portal diff web0', 'one machine'],
      ['sudo portal diff --json', 'all machines, as JSON'],
    ],
    load: async () => (await import('../../commands/project/provision.ts')).runPortalDiff,
  }),
  defineCommand({
    name: 'status',
    summary: 'Show the state of machines',
    description:
      'Show whether machines run, and whether their VMs are as the folders say. One process of virsh reads all of them.',
    positionals: { machines: MACHINES },
    options: { type: TYPE_OPTION, ...FORMAT_OPTION, connect, ...PROJECT_OPTIONS },
    examples: [
      ['portal status', 'all machines of the project'],
      ['portal status --json', 'as JSON, with the differences'],
    ],
    load: async () => (await import('../../commands/project/status.ts')).runPortalStatus,
  }),
  defineCommand({
    name: 'halt',
    summary: 'Stop machines',
    description:
      'Ask the guests of machines to shut down, and end VMs that do not. Machines are stopped before those that they were started after.',
    positionals: { machines: SOME_MACHINES },
    options: { ...STOPPING_OPTIONS, 'dry-run': dryRun, script, yes, connect, ...PROJECT_OPTIONS },
    examples: [
      ['sudo portal halt r0', 'one machine'],
      ['sudo portal halt --all --grace 10', 'all machines; each guest has 10 s'],
    ],
    load: async () => (await import('../../commands/project/down.ts')).runPortalHalt,
  }),
  defineCommand({
    name: 'reload',
    summary: 'Stop machines, and bring them up again',
    description:
      'Stop machines as portal halt does, then bring them up as portal up does, so that a change of their folders applies. Machines that do not run are started.',
    positionals: { machines: SOME_MACHINES },
    options: { ...STOPPING_OPTIONS, yes, connect, ...PROJECT_OPTIONS },
    examples: [['sudo portal reload r0', 'one machine']],
    load: async () => (await import('../../commands/project/reload.ts')).runPortalReload,
  }),
  defineCommand({
    name: 'destroy',
    summary: 'Stop machines and remove them from the host',
    description:
      'Stop machines, and remove their VMs, networks, sockets and logs from the host. Folders are kept. Disks are kept, too, unless you give --data. Nothing that portal did not create is removed.',
    positionals: { machines: SOME_MACHINES },
    options: {
      ...STOPPING_OPTIONS,
      data: { describe: 'Remove the disks, too, with the data on them', type: 'boolean' },
      'dry-run': dryRun,
      script,
      yes,
      connect,
      ...PROJECT_OPTIONS,
    },
    examples: [
      ['sudo portal destroy r0', 'keep its disks'],
      ['sudo portal destroy --all --data --yes', 'remove everything of all machines'],
    ],
    load: async () => (await import('../../commands/project/down.ts')).runPortalDestroy,
  }),
];
