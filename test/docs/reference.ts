import { DIAGNOSTICS } from '../../lib/base/diagnostic.ts';
import { ERRORS, EXIT, type ExitName } from '../../lib/base/errors.ts';
import { PROBLEMS } from '../../lib/base/problem.ts';
import type { Severity } from '../../lib/checks/finding.ts';
import { ROM_RULES } from '../../lib/checks/safety/rom-rules.ts';
import type { SafetyRule } from '../../lib/checks/safety/safety-rule.ts';
import { SAFETY_RULES } from '../../lib/checks/safety/safety-rules.ts';
import {
  type DeviceRule,
  type HostRule,
  type MachineRule,
  PURPOSES,
} from '../../lib/checks/validation/validation-rule.ts';
import { DEVICE_RULES, HOST_RULES, MACHINE_RULES } from '../../lib/checks/validation/validation-rules.ts';
import type { Grade } from '../../lib/checks/validation/verdict.ts';
import { type Command, type OptionDefinition, usageOf, valueText } from '../../lib/cli/grammar/command.ts';
import type { Program } from '../../lib/cli/grammar/program.ts';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import { KEY_NAMES } from '../../lib/guest/console/console-keys.ts';
import {
  DEFAULT_TIMEOUT_MS,
  parseConsoleScript,
  SCRIPT_KEYS,
} from '../../lib/guest/console/script-parser.ts';
import { DEVICE_CATEGORIES } from '../../lib/pci/device-class.ts';
import { parseSelector, SELECTOR_KEYS } from '../../lib/pci/selector/selector-parser.ts';
import {
  DEFAULT_RULES,
  NOBODY,
  RULES_FORMAT,
  RULES_KEYS,
} from '../../lib/plan/assignment/assignment-rules-parser.ts';
import { POLICY_FORMAT, POLICY_KEYS, parsePolicy } from '../../lib/plan/policy/policy-parser.ts';
import { REPORT_HINT } from '../../lib/render/error-text.ts';
import { DEFAULT_COLUMNS, DEVICE_COLUMNS, WIDE_COLUMNS } from '../../lib/render/inventory/device-columns.ts';
import { libraryReference, type Sources } from './library-reference.ts';
import { machineDefinitionReference } from './machine-definition-reference.ts';
import { machineMetadataReference } from './machine-metadata-reference.ts';
import { code, table } from './markdown.ts';
import { provisionReference } from './provision-reference.ts';
import { virtInstallReference } from './virt-install-reference.ts';

/** What the reference is made from beside the tables of the code. */
export interface ReferenceInput {
  /** The JSON Schemas by file name, parsed. */
  readonly schemas: ReadonlyMap<string, Schema>;
  /** The text of every file of `lib/` by its path. */
  readonly sources: Sources;
}

export interface Schema {
  readonly $id: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

/** Every page of the reference: file name to text. */
export function referencePages(input: ReferenceInput): ReadonlyMap<string, string> {
  const pages: readonly (readonly [file: string, summary: string, text: string])[] = [
    ['commands.md', 'All commands with their arguments, options and examples.', commandsPage()],
    ['selectors.md', 'How to select devices.', selectorsPage()],
    ['policy.md', 'The format of a policy file.', policyPage()],
    ['assignment-rules.md', 'The format of a file of assignment rules.', assignmentRulesPage()],
    ['console-script.md', 'The format of a console script.', consoleScriptPage()],
    ['machine.md', 'The format of the definition of a machine.', machineDefinitionReference(input.schemas)],
    [
      'provision-modules.md',
      'The modules of provisioning, and the manifest of a config directory.',
      provisionReference(input.schemas),
    ],
    ['virt-install.md', 'Lines of `virt-install` as machines.', virtInstallReference()],
    ['machine-metadata.md', 'The metadata in the definitions of VMs.', machineMetadataReference()],
    ['columns.md', 'The columns of `pci list`.', columnsPage()],
    ['exit-codes.md', 'The meanings of exit codes.', exitCodesPage()],
    ['errors.md', 'All errors with their remedies.', errorsPage()],
    ['problems.md', 'Reasons why a step of a change fails.', problemsPage()],
    ['diagnostics.md', 'Problems that readers report about a host.', diagnosticsPage()],
    ['safety-rules.md', 'The checks that keep a device with the host.', safetyRulesPage()],
    ['validation-rules.md', 'The checks of `pci validate`.', validationRulesPage()],
    ['json.md', 'The JSON documents and their schemas.', jsonPage(input.schemas)],
    ['library.md', 'What `portal-gun` exports.', libraryReference(input.sources)],
  ];
  const index = page('Reference', [
    'These pages are generated from the code.',
    table(
      ['page', 'contents'],
      pages.map(([file, summary]) => [`[${file.replace('.md', '')}](${file})`, summary]),
    ),
  ]);
  return new Map([['README.md', index], ...pages.map(([file, , text]) => [file, text] as const)]);
}

function page(title: string, paragraphs: readonly string[]): string {
  return `${[`# ${title}`, ...paragraphs].join('\n\n')}\n`;
}

const EXAMPLE_SCRIPT = `timeout: 60s
steps:
  - expect: GNU GRUB
  - send-key: [down, enter]
  - expect: { text: 'login: ', timeout: 2min }
  - send: root{enter}
  - expect: { regex: '[#$] ' }
  - send: uname -r{enter}
  - expect: { regex: '^[0-9]+[.].*$' }
`;
// An example that is wrong would be no example.
parseConsoleScript(EXAMPLE_SCRIPT, 'boot.yaml');

/** The keys of a console script, and their meanings. */
const SCRIPT_MEANINGS: Readonly<Record<(typeof SCRIPT_KEYS)[number], string>> = {
  timeout: `How long a step waits for its text: \`500ms\`, \`10s\`, \`2min\`, \`1h\`; default: \`${DEFAULT_TIMEOUT_MS / 1000}s\`.`,
  strip:
    '`off`: search all bytes that the VM prints. By default, escape sequences and control characters are left out, and every line ends with a line feed.',
  steps: 'The steps. A script can also be only this list.',
};

function consoleScriptPage(): string {
  return page('Console scripts', [
    '`portal console NAME --script FILE` runs a console script: YAML 1.2 or JSON, with the steps in their order. Each step has one of the keys `expect`, `send`, `send-key` and `wait`. Unknown keys, keys and times are errors with line and column. A script starts with what the VM prints after the console is open; the log has what it printed before.',
    `\`\`\`yaml boot.yaml\n${EXAMPLE_SCRIPT}\`\`\``,
    table(
      ['key', 'meaning'],
      SCRIPT_KEYS.map((key) => [code(key), SCRIPT_MEANINGS[key]]),
    ),
    table(
      ['step', 'meaning'],
      [
        [
          '`expect: TEXT`',
          'Wait until the VM prints this text. The next step searches only what comes after it.',
        ],
        [
          '`expect: { text: TEXT, timeout: TIME }`',
          'The same, with a time of its own; `timeout` can also be beside `expect`.',
        ],
        ['`expect: { regex: REGEX, timeout: TIME }`', 'Wait until a regular expression matches.'],
        ['`send: TEXT`', 'Send text. `{enter}` and other keys in braces are sent as keys; `{{` is a brace.'],
        ['`send-key: KEY` or `[KEY, KEY]`', 'Send keys.'],
        [
          '`wait: TIME`',
          'Wait. What the VM prints meanwhile is searched by the next `expect`, the last 64 KiB of it.',
        ],
        ['`timeout: TIME`', 'Set the time for the steps after it.'],
      ],
    ),
    `Keys: ${KEY_NAMES.map(code).join(', ')}; \`ctrl-\` with a letter or one of \`@ [ \\ ] ^ _\`; \`alt-\` with a character. They are sent as xterm and VT220 send them.`,
    'Regular expressions have characters, `.`, classes (`[a-z]`, `[^0-9]`), groups, `|`, `*`, `+`, `?`, `{n,m}`, `\\d`, `\\w`, `\\s` and their opposites, and `\\n`, `\\r`, `\\t`, `\\e`, `\\xNN`, `\\uNNNN`. `^` is the start of a line; `$` is its end, so it matches only when the line has ended. A step ends at the first place where the expression matches, also if it would match more text. References back, lookahead and `\\b` are errors. The time for each character is bounded, whatever the VM prints.',
  ]);
}

const PROGRAMS: readonly Program[] = [PCI_PROGRAM, PORTAL_PROGRAM];

function commandsPage(): string {
  return page('Commands', [
    '`pci <command> --help` and `portal <command> --help` print the same information. An option may come before or after the command. `--version` prints the version.',
    table(
      ['command', 'purpose'],
      PROGRAMS.flatMap(({ name: program, commands }) =>
        commands.map(({ name, summary }) => [
          `[\`${program} ${name}\`](#${program}-${name.replaceAll(' ', '-')})`,
          `${summary}.`,
        ]),
      ),
    ),
    ...PROGRAMS.flatMap(({ name: program, commands }) =>
      commands.map((command) => commandSection(program, command)),
    ),
  ]);
}

function commandSection(program: string, command: Command): string {
  const positionals = Object.entries(command.positionals);
  return [
    `## ${program} ${command.name}`,
    `\`\`\`text\n${program} ${usageOf(command)} [options]\n\`\`\``,
    command.description,
    ...(positionals.length === 0
      ? []
      : [
          table(
            ['argument', 'meaning'],
            positionals.map(([name, { describe }]) => [code(name), sentence(describe)]),
          ),
        ]),
    table(
      ['option', 'meaning'],
      Object.entries(command.options).map(([name, option]) => [flags(name, option), optionText(option)]),
    ),
    table(
      ['example', 'result'],
      command.examples.map(([line, what]) => [code(line), what]),
    ),
  ].join('\n\n');
}

function flags(name: string, option: OptionDefinition): string {
  const { alias } = option;
  const value = valueText(name, option);
  return [...(alias === undefined ? [] : [code(`-${alias}${value}`)]), code(`--${name}${value}`)].join(', ');
}

function optionText({ describe, choices, array }: OptionDefinition): string {
  return [
    sentence(describe),
    ...(choices === undefined ? [] : [`One of ${choices.map(code).join(', ')}.`]),
    ...(array === true ? ['Can be repeated.'] : []),
  ].join(' ');
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** What a selector with a key means; the keys are held against those of the parser. */
const KEYED_SELECTORS: Readonly<Record<string, readonly [example: string, meaning: string]>> = {
  class: [
    'class=network',
    `In a category: ${DEVICE_CATEGORIES.join(', ')}. Or with a class code, or the first digits of one: \`class=0200\`.`,
  ],
  driver: ['driver=vfio-pci', 'Bound to a driver; `driver=none` for no driver.'],
  group: ['group=12', 'In an IOMMU group; `group=none` for no group.'],
  card: ['card=01:00', 'All functions of one card; the same as `01:00`.'],
  numa: ['numa=1', 'On a NUMA node; `numa=none` for none.'],
  netdev: ['netdev=enp1s0', 'With this network interface.'],
  block: ['block=nvme0n1', 'With this block device; a leading `/dev/` is allowed.'],
};

const PLAIN_SELECTORS: readonly (readonly [example: string, meaning: string])[] = [
  ['0000:01:00.0', 'The function at an address.'],
  ['01:00.0', 'The same in domain 0.'],
  [
    'pci_0000_01_00_0',
    'The same in the notation of libvirt. A path that ends in an address is also accepted.',
  ],
  ['01:00', 'All functions of a card.'],
  ['8086:10c9', 'By vendor and device id.'],
  ['8086:', 'By vendor id.'],
  ['pf', 'SR-IOV physical functions.'],
  ['vf', 'SR-IOV virtual functions.'],
  ['nvidia', 'Any other word: the name of the vendor or the device contains it, in any case.'],
];

function selectorsPage(): string {
  const keyed = SELECTOR_KEYS.map((key) => {
    const described = KEYED_SELECTORS[key];
    if (described === undefined) throw new Error(`the selector ${key}= is not described`);
    return described;
  });
  const all = [...PLAIN_SELECTORS, ...keyed];
  const [named, filters] = [true, false].map((must) =>
    all.filter(([example]) => parseSelector(example).mustMatch === must).map(([example]) => code(example)),
  );
  return page('Selectors', [
    'Commands with `[selectors..]` accept any number of selectors. A device is selected if any of them matches. Without a selector, all devices are selected. `pci show` needs exactly one device.',
    'Commas join selectors: a device is selected if all of them match. `!` before a selector selects the devices that it does not match. If a match is unknown, the device is not selected. Shells interpret `!`, so put the word in single quotes.',
    "`vf,driver=igbvf` selects the VFs on igbvf. `'class=network,!driver=vfio-pci'` selects the network cards that are not on vfio-pci.",
    'A command that changes devices refuses two selectors of different kinds, because `vf driver=igbvf` is ambiguous: write `vf,driver=igbvf` for the devices that match both, or `vf or driver=igbvf` for the devices that match either.',
    table(
      ['selector', 'selected devices'],
      all.map(([example, meaning]) => [code(example), meaning]),
    ),
    `A selector that names something must match: if it matches no device of the host, the command fails with [DEVICE_NOT_FOUND](errors.md) and exit code 3. These selectors are ${named?.join(', ')}.`,
    `A selector that describes a kind may match nothing. The list is then empty, and the exit code is 0. These selectors are ${filters?.join(', ')}. For \`pci show\`, every selector is a name.`,
  ]);
}

const POLICY_EXAMPLE = `portal-gun: ${POLICY_FORMAT}
bindings:
  - 03:00.0
  - class=display
  - device: {serial: 52-54-00-ff-ff-00-00-05}
    driver: vfio-pci
  - device: netdev=enp4s0
    driver: host
virtual-functions:
  - device: {mac: 52:54:00:00:00:02}
    count: 4
    driver: vfio-pci
    vlan: 100
    vfs:
      0: {vlan: none, trust: on}
persist: on
`;

/** What each key of each part of a policy means. */
const POLICY_WORDS: Readonly<Record<keyof typeof POLICY_KEYS, Readonly<Record<string, string>>>> = {
  policy: {
    'portal-gun': `Format: \`${POLICY_FORMAT}\`. Required.`,
    bindings: 'List of devices and their drivers; each entry is a device, or a mapping as below.',
    'virtual-functions': 'List of PFs with their VFs; each entry is a mapping as below.',
    persist: '`on`: restore at each boot. Default: `off`.',
  },
  binding: {
    device:
      'A [selector](selectors.md), which may match several devices, or a mapping of the properties of a device. The members of its IOMMU group are included.',
    driver:
      'A VFIO driver, or `host` to return the device to the host; default: vfio-pci, or the VFIO variant driver for the device.',
  },
  identity: {
    id: '`vendor:device`.',
    subsystem: '`vendor:device` of the subsystem.',
    serial: 'Serial number: from product data, the drive, or the device serial number capability.',
    mac: 'MAC of its network interface; unknown while it is on a VFIO driver.',
    path: 'Path from the root through the bridges, without bus numbers: `pci0000:00/06.0/00.0`.',
    slot: 'Label of the slot.',
  },
  'virtual functions': {
    device: 'The PF, as above; exactly one device.',
    count: 'Number of VFs. Required.',
    autoprobe: 'Whether the kernel probes drivers for new VFs; default: not changed.',
    up: 'Whether the interface of the PF is set up if there are VFs; default: `on`.',
    driver: 'For all VFs of the PF, as above.',
    vfs: 'Settings of single VFs: a mapping from their numbers, from 0, to settings.',
    mac: '`stable`, `driver` or, for one VF, a MAC; default for new VFs: `stable`.',
    vlan: '`none`, a VLAN, or a VLAN with a priority: `100/5`.',
    trust: '`on` or `off`.',
    'spoof-check': '`on` or `off`.',
    link: '`auto`, `enable` or `disable`.',
    rate: '`none`, a maximum in Mbit/s, or a minimum and a maximum: `100-1000`.',
  },
};

function policyPage(): string {
  parsePolicy(POLICY_EXAMPLE, 'the example');
  const rows = (part: keyof typeof POLICY_KEYS): string =>
    table(
      ['key', 'meaning'],
      POLICY_KEYS[part].map((key) => {
        const words = POLICY_WORDS[part][key];
        if (words === undefined) throw new Error(`the key ${key} of a policy is not described`);
        return [code(key), words];
      }),
    );
  return page('Policy', [
    'The input of [`pci apply`](commands.md#pci-apply): a file in YAML 1.2, at most one megabyte. Anything that the file does not mention is left as it is. An unknown key is an error, with line and column.',
    `\`\`\`yaml\n${POLICY_EXAMPLE}\`\`\``,
    rows('policy'),
    '## A binding',
    rows('binding'),
    '## A device by its properties',
    'All named properties must match.',
    rows('identity'),
    '## Virtual functions',
    'The settings are those of [`pci sriov set`](commands.md#pci-sriov-set), for all VFs of the PF, and below `vfs` for one VF.',
    rows('virtual functions'),
    'If a part of the policy depends on VFs that do not exist yet (their drivers, and devices that are not found before), a second plan does it, directly after the first. With `--confirm-within`, apply the policy again after you confirm the first plan.',
  ]);
}

/** What each key of each part of a file of assignment rules means. */
const RULES_WORDS: Readonly<Record<string, string>> = {
  'portal-gun': `Format: \`${RULES_FORMAT}\`. Required.`,
  rules: 'List of mappings as below. Required.',
  'keep-usb':
    'Whether one USB controller stays with the host for a keyboard: `auto` (default) if no keyboard is on a PS/2 port, `always`, `never`. It is the controller with the keyboard if that is known, and otherwise the first. If another controller stays anyway, no further one is kept.',
  devices:
    'A [selector](selectors.md), or a list of selectors; `rest` for all devices that match no earlier rule.',
  to: `A category of VMs, as in \`portal tag\`; \`${NOBODY}\`: the devices stay with the host.`,
};

function assignmentRulesPage(): string {
  const rows = (part: keyof typeof RULES_KEYS): string =>
    table(
      ['key', 'meaning'],
      RULES_KEYS[part].map((key) => {
        const words = RULES_WORDS[key];
        if (words === undefined) throw new Error(`the key ${key} of assignment rules is not described`);
        return [code(key), words];
      }),
    );
  return page('Assignment rules', [
    'How [`pci assign --by-rules`](commands.md#pci-assign) assigns the devices of a host. `--rules FILE` uses other rules than the built-in ones: a file in YAML 1.2, at most one megabyte. An unknown key is an error, with line and column. `pci assign --print-rules` prints the built-in rules, as a file to edit:',
    `\`\`\`yaml\n${DEFAULT_RULES}\`\`\``,
    rows('rules'),
    '## A rule',
    rows('rule'),
    '## Devices that always stay',
    'The members of an IOMMU group go together, by the first rule that matches any of them, or stay together. The plan lists each device that stays, with the reason. These devices stay: bridges, and members of a group with a bridge that a host driver holds; devices that the host uses, by the [safety rules](safety-rules.md), unless `--allow` accepts the finding; devices that cannot be passed through; VFs, and PFs that have VFs; devices for a category without VMs; devices that one VM has exclusively (`--policy exclusive`). Devices are only added to definitions. Earlier assignments stay until `pci unassign` removes them.',
  ]);
}

function columnsPage(): string {
  const names = (columns: readonly string[]): string => columns.map(code).join(', ');
  return page('Columns', [
    'Columns for the options `--columns` and `--sort` of `pci list`. A cell is `-` if the host has no such value, and `?` if it could not be read.',
    table(
      ['name', 'heading', 'contents'],
      Object.entries(DEVICE_COLUMNS).map(([name, { heading, summary }]) => [
        code(name),
        heading,
        sentence(capital(summary)),
      ]),
    ),
    `Default columns: ${names(DEFAULT_COLUMNS)}; with \`--wide\`: ${names(WIDE_COLUMNS)}.`,
    'Columns of numbers are sorted by number, and devices without a number come last. Other columns are sorted by text.',
    'On a narrow terminal the longest cells are cut and end in `…`. Addresses, ids and numbers are never cut. If that is not enough, columns are omitted, the last first, and named below the rows. The address stays. `--wide` cuts and omits nothing. Output to a pipe or a file is never cut.',
  ]);
}

function capital(text: string): string {
  // A name of the kernel's, or a form, stays as it is written.
  return /^[a-z']+([ ,-]|: )/.test(text) || /^[a-z]+$/.test(text)
    ? text.charAt(0).toUpperCase() + text.slice(1)
    : text;
}

const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'Success, or the answer is yes.',
  findings:
    'Completed, and the answer is no: `pci diff` found a difference, or a check of `pci validate` failed.',
  usage: 'Invalid arguments, or an invalid input file.',
  notFound: 'No such device or VM, or no change that awaits confirmation.',
  refused:
    'Refused for safety: the host uses a device, or another change is in progress, interrupted or unconfirmed.',
  permission: 'The kernel denied access.',
  unsupported: 'The host lacks a requirement: an IOMMU, a driver, a PCI bus.',
  toolFailed: 'A file could not be written, or a program failed.',
  partial: 'A change failed midway. The report shows the steps that were undone, and those that were not.',
  internal: 'A bug in portal-gun. Please report it.',
  interrupted: 'Stopped by SIGINT (Ctrl-C).',
  terminated: 'Stopped by SIGTERM.',
};

function exitCodesPage(): string {
  return page('Exit codes', [
    'Exit codes are a contract: they do not change.',
    table(
      ['code', 'name', 'meaning'],
      Object.entries(EXIT).map(([name, exit]) => [String(exit), code(name), EXIT_MEANINGS[name as ExitName]]),
    ),
    'If a list is empty because no device matches, that is an answer, and the exit code is 0.',
  ]);
}

function errorsPage(): string {
  return page('Errors', [
    'An error on stderr has up to three kinds of lines:',
    '```text\npci: SUBJECT: PROBLEM [CODE]\nhint: ACTION\ncause: UNDERLYING ERROR\n```',
    'With `--json` it is a [document](json.md#error) on stdout. Codes are stable; wording may change.',
    table(
      ['code', 'meaning', 'hint', 'exit'],
      [
        ...Object.entries(ERRORS).map(([name, { summary, remedy, exit }]) => [
          code(name),
          summary,
          sentence(capital(remedy)),
          `${EXIT[exit]} ${exit}`,
        ]),
        // No error that is thrown on purpose, so not in the table.
        [
          code('INTERNAL'),
          'A bug in portal-gun.',
          sentence(capital(REPORT_HINT)),
          `${EXIT.internal} internal`,
        ],
      ],
    ),
    'The program replaces the hint of this table if it has a better one, such as `did you mean class=network?`.',
  ]);
}

function problemsPage(): string {
  return page('Problems of steps', [
    'If a step of a plan fails, the steps before it are undone, and the exit code is 8. The program prints the step, the problem and its code as `[CODE]`, and a hint. The `report` of a [plan](json.md#plan), and of [`pci recover`](commands.md#pci-recover), has for each step `problem`, a sentence, and `problemCode`. Codes are stable, wording is not.',
    table(
      ['code', 'meaning', 'hint'],
      Object.entries(PROBLEMS).map(([name, { summary, remedy }]) => [
        code(name),
        summary,
        sentence(capital(remedy)),
      ]),
    ),
  ]);
}

function diagnosticsPage(): string {
  return page('Diagnostics', [
    'A broken part of a host hides nothing else: everything else is listed, the broken fact is unknown, and a diagnostic reports the problem. Diagnostics go to stderr as `pci: SUBJECT: MESSAGE [CODE]` (or with the name of the other program): the first ten, or all with `--verbose`. A JSON document contains them under `diagnostics`. They do not change the exit code.',
    table(
      ['code', 'meaning'],
      Object.entries(DIAGNOSTICS).map(([name, meaning]) => [code(name), meaning]),
    ),
  ]);
}

const SEVERITY_MEANINGS: Readonly<Record<Severity, string>> = {
  forbids: 'Cannot be accepted in the current state of the host.',
  refuses: 'Prevents the change unless it is allowed by its name.',
  warns: 'Is reported, and prevents nothing.',
  unknown:
    'The data of the rule could not be read. This prevents the change if the rule itself would, and can be allowed by the name of the rule.',
};

function safetyRulesPage(): string {
  return page('Safety rules', [
    'The checks of `checkSafety` of the [library](library.md) before devices are taken from a host: for each device, for every member of its IOMMU group that goes with it, for the devices behind those, and for their VFs. Every plan shows the findings. Names are stable; wording may change.',
    table(
      ['severity', 'meaning'],
      Object.entries(SEVERITY_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
    table(
      ['rule', 'severity', 'finding'],
      SAFETY_RULES.map(({ name, severity, title }) => [
        `[${code(name)}](#${name})`,
        severity,
        sentence(capital(title)),
      ]),
    ),
    ...SAFETY_RULES.map(ruleSection),
    '## Reading an option ROM',
    'Reasons against reading an option ROM (`pci rom`); only the device itself is checked. `pci rom dump` also refuses, with `bad-rom`, to write a ROM that is damaged or belongs to another device.',
    table(
      ['rule', 'severity', 'finding'],
      ROM_RULES.map(({ name, severity, title }) => [
        `[${code(name)}](#${name})`,
        severity,
        sentence(capital(title)),
      ]),
    ),
    ...ROM_RULES.filter(({ name }) => SAFETY_RULES.every((rule) => rule.name !== name)).map((rule) =>
      ruleSection(rule).replace('## ', '### '),
    ),
  ]);
}

/** What is said of a rule, whatever it looks at. */
type RuleWords = Pick<SafetyRule, 'name' | 'severity' | 'meaning' | 'remedy'>;

function ruleSection({ name, severity, meaning, remedy }: RuleWords): string {
  return [`## ${name}`, `${SEVERITY_MEANINGS[severity]} ${meaning}`, `Fix: ${sentence(remedy)}`].join('\n\n');
}

const GRADE_MEANINGS: Readonly<Record<Grade, string>> = {
  fail: 'If it does not hold, the requested use does not work: `FAIL`, exit code 1.',
  warn: 'If it does not hold, something is slower, less safe, or unavailable for some devices: `WARN`, exit code 1 with `--strict`.',
  note: 'Worth knowing: `NOTE`, shown with `--all`.',
};

function validationRulesPage(): string {
  const parts = [
    ['Checks of the host', HOST_RULES],
    ['Checks of a device', DEVICE_RULES],
    ['Checks of a VM', MACHINE_RULES],
  ] as const;
  return page('Validation rules', [
    'The checks of [`pci validate`](commands.md#pci-validate). If a check cannot be decided, because its data requires root or is not in a snapshot, it never passes and counts as `?`. A check that does not apply is shown as `-` with `--all`. A result can be milder than the grade of its rule. Ids are stable; wording may change.',
    table(
      ['grade', 'meaning'],
      Object.entries(GRADE_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
    `Rules belong to purposes: ${PURPOSES.map(code).join(', ')}. \`--for\` selects only the rules of a purpose. Without it, all rules of the host are checked, and rules that belong to neither \`passthrough\` nor \`machines\` produce at most a note.`,
    ...parts.map(([, rules], index) =>
      [
        `## ${parts[index]?.[0]}`,
        table(
          ['rule', 'grade', 'condition'],
          rules.map(({ id, grade, title }) => [`[${code(id)}](#${id})`, grade, sentence(capital(title))]),
        ),
      ].join('\n\n'),
    ),
    ...parts.flatMap(([, rules]) => rules.map(validationRule)),
  ]);
}

function validationRule(rule: HostRule | DeviceRule | MachineRule): string {
  const other = 'virtHostValidate' in rule ? rule.virtHostValidate : undefined;
  const why =
    'whyOther' in rule && rule.whyOther !== undefined
      ? `, and may have another result: ${rule.whyOther}`
      : '';
  return [
    `## ${rule.id}`,
    `${sentence(capital(rule.title))} ${rule.meaning}`,
    `Grade ${code(rule.grade)}, for ${rule.purposes.map(code).join(', ')}.${other === undefined ? '' : ` virt-host-validate has the same check, “${other}”${why}.`}`,
  ].join('\n\n');
}

function jsonPage(schemas: ReadonlyMap<string, Schema>): string {
  const all = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  const isDocument = ([, { properties }]: readonly [string, Schema]): boolean =>
    properties?.['schema'] !== undefined;
  return page('JSON', [
    'With `--json` a command prints one document on stdout, also for an [error](errors.md). It names its schema: `{"schema":"portal-gun/pci-list/v1", …}`. Within a version, keys are added, and none is changed or removed.',
    table(
      ['form', 'means'],
      [
        ['`null`', 'The host does not have this value.'],
        ['`{"unknown":"denied"}`', 'The kernel denied the read; root can read it.'],
        ['`{"unknown":"broken"}`', 'The read failed in another way, or the data is invalid.'],
        ['`{"unknown":"unread"}`', 'It was not read: a snapshot does not contain it.'],
        ['`"0000:01:00.0"`', 'An address: lowercase, with the domain.'],
        ['`"8086"`', 'An id: four lowercase hex digits, without `0x`. A class code has six.'],
        ['`1048576`', 'Sizes are bytes, as numbers.'],
        ['`"0xa4000000"`', 'Memory addresses are hex strings: they may need 64 bits.'],
      ],
    ),
    'The package contains the JSON Schemas as `portal-gun/schemas/FILE`. `pci list --format ndjson` prints only the items of `devices`, one per line.',
    ...all.filter(isDocument).map(([file, schema]) => documentSection(file, schema)),
    [
      '## Shared',
      'Schemas that several documents share.',
      table(
        ['schema', 'subject'],
        all
          .filter((entry) => !isDocument(entry))
          .map(([file, { title = '', description }]) => [
            schemaLink(file),
            [sentence(title), description ?? ''].join(' ').trim(),
          ]),
      ),
    ].join('\n\n'),
  ]);
}

function documentSection(file: string, { $id, title = '', description, properties = {} }: Schema): string {
  return [
    `## ${$id.split('/')[1]}`,
    `${[sentence(title), description ?? ''].join(' ').trim()} Schema: ${schemaLink(file)}.`,
    table(
      ['key', 'contents'],
      Object.entries(properties).map(([key, { description: meaning }]) => [
        code(key),
        key === 'schema' ? code($id) : (meaning ?? COMMON_KEYS[key] ?? ''),
      ]),
    ),
  ].join('\n\n');
}

/** Keys that mean the same in every document. */
const COMMON_KEYS: Readonly<Record<string, string>> = {
  host: 'The host that was read: its `label`.',
  before: 'The earlier host: its `label`.',
  after: 'The later host: its `label`.',
  diagnostics: 'Problems in the data: `subject`, `code`, `message`. See [diagnostics](diagnostics.md).',
  device: 'Every fact of the device.',
  identity: 'The properties that find the device again. See [identity](../explanation/identity.md).',
  iommu: 'Whether an IOMMU is in use, and whether the firmware describes one.',
  roots: 'The root buses and their devices.',
  error:
    'The error: `code`, `exit`, `exitCode`, `subject`, `message`, `hint`, `causes`. See [errors](errors.md).',
};

function schemaLink(file: string): string {
  return `[\`${file}\`](../../lib/documents/schemas/${file})`;
}
