import { type Command, defineCommand } from '../../grammar/command.ts';
import { CHANGING_OPTIONS } from '../changing-options.ts';
import { PROJECT_OPTIONS, TYPE_OPTION } from './project-options.ts';

/** The commands of `portal` for the folders that define machines. */
export const PROJECT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'new',
    summary: 'Create the folder of a machine',
    description:
      'Create the folder machines/NAME from a template, with the definition of a machine. On a terminal, the command asks for the values that the template needs. With --yes, it takes the defaults. In a script, each question needs an answer or --yes.',
    positionals: { name: { describe: 'Name of the machine', completes: 'nothing' } },
    options: {
      template: {
        describe:
          'Template of the package, or the path of a directory with a template; default: application/minivm',
        type: 'string',
        alias: 't',
        valueName: 'TEMPLATE',
        completes: ['template', 'folder'],
      },
      answer: {
        describe: 'Answer to a question of the template',
        type: 'string',
        alias: 'a',
        valueName: 'NAME=VALUE',
        array: true,
        completes: 'nothing',
      },
      answers: {
        describe: 'File of answers: YAML, or - for stdin',
        type: 'string',
        valueName: 'FILE',
        suggestions: ['-'],
        completes: 'file',
      },
      'save-answers': {
        describe: 'Write the answers to a file, for --answers',
        type: 'string',
        valueName: 'FILE',
        completes: 'file',
      },
      typescript: { describe: 'Write the definition in TypeScript (machine.ts)', type: 'boolean' },
      yes: { describe: 'Take the default of each question that has no answer', type: 'boolean', alias: 'y' },
      ...PROJECT_OPTIONS,
    },
    examples: [
      ['portal new r0 --template router/universe', 'a router; asks for what it needs'],
      ['portal new scratch --yes', 'a small Linux, with all defaults'],
      ['portal new scratch --typescript --yes', 'the same, defined in TypeScript'],
      ['portal new r1 -t router/universe -a memory=1GiB --yes', 'one answer, and defaults'],
    ],
    load: async () => (await import('../../commands/project/new.ts')).runPortalNew,
  }),
  defineCommand({
    name: 'templates',
    summary: 'List the templates of machines',
    description: 'List the templates that portal new can use, with what each is for.',
    positionals: {},
    options: { json: PROJECT_OPTIONS.json, color: PROJECT_OPTIONS.color },
    examples: [['portal templates', 'all templates of the package']],
    load: async () => (await import('../../commands/project/templates.ts')).runPortalTemplates,
  }),
  defineCommand({
    name: 'check',
    summary: 'Check the definitions of machines',
    description:
      'Check the folders of machines, and list everything that is wrong with each, with file, line and column. The exit code is 1 if there is a fault. Nothing is changed, and no host is needed.',
    positionals: {
      machines: {
        describe: 'Names of machines; default: all',
        array: true,
        optional: true,
        completes: 'folder-machine',
      },
    },
    options: { type: TYPE_OPTION, ...PROJECT_OPTIONS },
    examples: [
      ['portal check', 'all machines of the project'],
      ['portal check r0 --json', 'one machine, as JSON'],
    ],
    load: async () => (await import('../../commands/project/check.ts')).runPortalCheck,
  }),
  defineCommand({
    name: 'show',
    summary: 'Show the definition of a machine with all defaults',
    description:
      'Show the definition of a machine with every value, as YAML. With --why, show where each value comes from: file, line and column, or the default.',
    positionals: { name: { describe: 'Name of the machine', completes: 'folder-machine' } },
    options: {
      why: { describe: 'Show where each value comes from', type: 'boolean' },
      ...PROJECT_OPTIONS,
    },
    examples: [
      ['portal show r0', 'all values'],
      ['portal show r0 --why', 'and the origin of each'],
    ],
    load: async () => (await import('../../commands/project/show.ts')).runPortalShow,
  }),
  defineCommand({
    name: 'set',
    summary: 'Change values in the definitions of machines',
    description:
      'Change values in the files that define machines; comments and layout of the files stay. A key is a path, as portal show --why prints it: memory, nics.0.model. An index that is the length of a list adds an entry. KEY= without a value removes the key, as --unset does. A short form stays one: if the file has memory: 256MiB, set memory; if it has memory: { size: 256MiB }, set memory.size. All new definitions are checked first; if one has a fault, no file is written. No VM is changed: portal up applies the change, and a running VM must be started again.',
    positionals: {
      words: {
        describe: 'Names of machines, and values as KEY=VALUE',
        array: true,
        optional: true,
        completes: ['folder-machine', 'definition-value'],
      },
    },
    options: {
      unset: {
        describe: 'Remove a key from the file, so that it has its default',
        type: 'string',
        valueName: 'KEY',
        array: true,
        completes: 'definition-key',
      },
      type: TYPE_OPTION,
      all: { describe: 'All machines of the project', type: 'boolean' },
      'dry-run': { ...CHANGING_OPTIONS['dry-run'], describe: 'Show the changes and write nothing' },
      ...PROJECT_OPTIONS,
    },
    examples: [
      ['portal set r0 memory=384MiB cpus=2', 'two values of one machine'],
      ['portal set r0 r1 nics.0.model=e1000e', 'the model of the first network card'],
      ['portal set --type router watchdog=reset', 'all routers'],
      ['portal set r0 --unset watchdog', 'back to the default'],
    ],
    load: async () => (await import('../../commands/project/set.ts')).runPortalSet,
  }),
  defineCommand({
    name: 'render',
    summary: 'Print the libvirt XML of a machine',
    description:
      'Print the domain XML that the definition of a machine comes to. Nothing is changed. With --json, also print the XML of its networks.',
    positionals: { name: { describe: 'Name of the machine', completes: 'folder-machine' } },
    options: PROJECT_OPTIONS,
    examples: [['portal render r0', 'the domain XML']],
    load: async () => (await import('../../commands/project/render.ts')).runPortalRender,
  }),
];
