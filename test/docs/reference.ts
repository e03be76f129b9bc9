import { DIAGNOSTICS } from '../../lib/base/diagnostic.ts';
import { ERRORS, EXIT, type ExitName } from '../../lib/base/errors.ts';
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
import { machineMetadataReference } from './machine-metadata-reference.ts';
import { code, table } from './markdown.ts';

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
    ['commands.md', 'Every command with its arguments, options and examples.', commandsPage()],
    ['selectors.md', 'What picks devices.', selectorsPage()],
    ['policy.md', 'What a policy file can say.', policyPage()],
    ['assignment-rules.md', 'What a file of assignment rules can say.', assignmentRulesPage()],
    ['machine-metadata.md', 'What is kept in the definitions of machines.', machineMetadataReference()],
    ['columns.md', 'The columns of `pci list`.', columnsPage()],
    ['exit-codes.md', 'What the exit codes mean.', exitCodesPage()],
    ['errors.md', 'Every error with its remedy.', errorsPage()],
    ['diagnostics.md', 'What is said about parts of a host that make no sense.', diagnosticsPage()],
    ['safety-rules.md', 'What keeps a device with the host, rule by rule.', safetyRulesPage()],
    ['validation-rules.md', 'What `pci validate` checks, rule by rule.', validationRulesPage()],
    ['json.md', 'The JSON documents and their schemas.', jsonPage(input.schemas)],
    ['library.md', 'What `portal-gun` exports.', libraryReference(input.sources)],
  ];
  const index = page('Reference', [
    'Looked up, not read. Generated from the code, so that it is what the programs do.',
    table(
      ['page', 'what it holds'],
      pages.map(([file, summary]) => [`[${file.replace('.md', '')}](${file})`, summary]),
    ),
  ]);
  return new Map([['README.md', index], ...pages.map(([file, , text]) => [file, text] as const)]);
}

function page(title: string, paragraphs: readonly string[]): string {
  return `${[`# ${title}`, ...paragraphs].join('\n\n')}\n`;
}

const PROGRAMS: readonly Program[] = [PCI_PROGRAM, PORTAL_PROGRAM];

function commandsPage(): string {
  return page('Commands', [
    '`pci <command> --help` says the same, and so does `portal <command> --help`. An option may stand before or after the command. `--version` prints the version.',
    table(
      ['command', 'what it does'],
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
      ['example', 'what it gives'],
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
    ...(array === true ? ['May be given several times.'] : []),
  ].join(' ');
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** What a selector with a key means; the keys are held against those of the parser. */
const KEYED_SELECTORS: Readonly<Record<string, readonly [example: string, meaning: string]>> = {
  class: [
    'class=network',
    `Of a category: ${DEVICE_CATEGORIES.join(', ')}. Or by the class code, or how it begins: \`class=0200\`.`,
  ],
  driver: ['driver=vfio-pci', 'Bound to a driver; `driver=none` for no driver.'],
  group: ['group=12', 'In an IOMMU group; `group=none` for no group.'],
  card: ['card=01:00', 'All functions of one card; the same as `01:00`.'],
  numa: ['numa=1', 'On a NUMA node; `numa=none` for none.'],
  netdev: ['netdev=enp1s0', 'Has the network interface.'],
  block: ['block=nvme0n1', 'Has the block device; `/dev/` before the name may stand.'],
};

const PLAIN_SELECTORS: readonly (readonly [example: string, meaning: string])[] = [
  ['0000:01:00.0', 'The function at an address.'],
  ['01:00.0', 'The same in domain 0.'],
  ['pci_0000_01_00_0', 'The same as libvirt writes it. A path that ends in an address will do as well.'],
  ['01:00', 'All functions of a card.'],
  ['8086:10c9', 'By vendor and device id.'],
  ['8086:', 'By vendor id.'],
  ['pf', 'Physical functions of SR-IOV.'],
  ['vf', 'Virtual functions of SR-IOV.'],
  [
    'nvidia',
    'Anything else is a word that the name of the vendor or of the device contains, in capitals or not.',
  ],
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
    'Commands that take `[selectors..]` take any number of them. A device is selected if any of them matches; without a selector all are. `pci show` takes one that must mean one device.',
    'Commas join selectors: a device is selected if all of them match. `!` in front of a selector selects the devices that it does not match; a device of which that is unknown is not selected. A shell acts on `!`: put the word in single quotes.',
    "`vf,driver=igbvf` selects the VFs on igbvf, `'class=network,!driver=vfio-pci'` the network cards that are not on vfio-pci.",
    'A command that changes devices refuses two selectors of different kinds, because `vf driver=igbvf` may be meant either way: write `vf,driver=igbvf` for the devices that match both, `vf or driver=igbvf` for those that match either.',
    table(
      ['selector', 'which devices'],
      all.map(([example, meaning]) => [code(example), meaning]),
    ),
    `A selector that names something must find it: when none of the host's devices is meant, the command fails with [DEVICE_NOT_FOUND](errors.md) and exit code 3. Such are ${named?.join(', ')}.`,
    `A selector that describes a kind may find nothing; the list is then empty, and the exit code 0. Such are ${filters?.join(', ')}. To \`pci show\` every selector is a name.`,
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
    'portal-gun': `The format: \`${POLICY_FORMAT}\`. It has to be there.`,
    bindings: 'A list of which devices are on which driver; each a device, or a mapping as below.',
    'virtual-functions': 'A list of what physical functions have, each a mapping as below.',
    persist: '`on`: at each boot as well. `off` by default.',
  },
  binding: {
    device:
      'A [selector](selectors.md), which may mean several devices, or a mapping that says what the device is. Members of its IOMMU group go with it.',
    driver:
      'A driver that hands devices to VMs; `host` to have it back; by default vfio-pci, or the one that is made for the device.',
  },
  identity: {
    id: '`vendor:device`.',
    subsystem: '`vendor:device` of the subsystem.',
    serial: 'Serial number: product data, drive, or the capability of that name.',
    mac: 'MAC of its network interface; not known while it is on a VFIO driver.',
    path: 'Place, from the root through the bridges without bus numbers: `pci0000:00/06.0/00.0`.',
    slot: 'Label of the slot.',
  },
  'virtual functions': {
    device: 'The physical function, as above; it must be just one.',
    count: 'How many VFs. It has to be there.',
    autoprobe: 'Whether the kernel looks for drivers for VFs that are made; as it is by default.',
    up: 'Whether the interface of the PF is switched on where there are VFs; `on` by default.',
    driver: 'For all its VFs, as above.',
    vfs: 'What single VFs are set to: a mapping of their numbers, from 0, to settings.',
    mac: '`stable`, `driver`, or for one VF a MAC; VFs that are made get the stable one by default.',
    vlan: '`none`, a VLAN, or one with a priority: `100/5`.',
    trust: '`on` or `off`.',
    'spoof-check': '`on` or `off`.',
    link: '`auto`, `enable` or `disable`.',
    rate: '`none`, the most in Mbit/s, or the least and the most: `100-1000`.',
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
    'What [`pci apply`](commands.md#pci-apply) takes: a file in YAML 1.2 of at most a megabyte. What it does not speak of is left as it is. A key that is not known is an error, with line and column.',
    `\`\`\`yaml\n${POLICY_EXAMPLE}\`\`\``,
    rows('policy'),
    '## A binding',
    rows('binding'),
    '## A device by what it is',
    'All that is named has to be so.',
    rows('identity'),
    '## Virtual functions',
    'Settings are those of [`pci sriov set`](commands.md#pci-sriov-set), for all VFs of the PF, and below `vfs` for one.',
    rows('virtual functions'),
    'What can only be told once virtual functions are there, their drivers and devices that are not found before, is done by a second plan, right after the first. With `--confirm-within` it waits: apply the policy again once the first is confirmed.',
  ]);
}

/** What each key of each part of a file of assignment rules means. */
const RULES_WORDS: Readonly<Record<string, string>> = {
  'portal-gun': `The format: \`${RULES_FORMAT}\`. It has to be there.`,
  rules: 'A list of mappings as below. It has to be there.',
  'keep-usb':
    'Whether one USB controller stays with the host for a keyboard: `auto`, where no keyboard is at a PS/2 port, which is the default; `always`; `never`. It is the one that has the keyboard, where that is known, and else the first. None is kept besides one that stays in any case.',
  devices: 'A [selector](selectors.md), or a list of them; `rest` for all that no rule before it fits.',
  to: `A type of machines, as \`portal tag\` gives it; \`${NOBODY}\`: they stay with the host.`,
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
    'How [`pci assign --by-rules`](commands.md#pci-assign) shares out the devices of a host. `--rules FILE` takes other rules than those that come with it: a file in YAML 1.2 of at most a megabyte. A key that is not known is an error, with line and column. `pci assign --print-rules` writes those that come with it, as a file to be changed:',
    `\`\`\`yaml\n${DEFAULT_RULES}\`\`\``,
    rows('rules'),
    '## A rule',
    rows('rule'),
    '## What stays whatever the rules say',
    'The members of an IOMMU group go together, by the first rule that any of them fits, or stay together. Each device that stays is told of with the reason: a bridge, or a member of the group of a bridge that a driver of the host has; what the host uses, by the [safety rules](safety-rules.md), unless `--allow` lifts it; what can be given to no machine; virtual functions, and a physical one that has some; what is to go to a type that no machine is of; what a machine has alone (`--policy exclusive`). Devices are added to definitions alone: what was given before stays until `pci unassign` takes it away.',
  ]);
}

function columnsPage(): string {
  const names = (columns: readonly string[]): string => columns.map(code).join(', ');
  return page('Columns', [
    'What `pci list` takes with `--columns` and `--sort`. A cell is `-` where the host has no such thing, and `?` where it could not be read.',
    table(
      ['name', 'heading', 'what it holds'],
      Object.entries(DEVICE_COLUMNS).map(([name, { heading, summary }]) => [
        code(name),
        heading,
        sentence(capital(summary)),
      ]),
    ),
    `Without \`--columns\` the list has ${names(DEFAULT_COLUMNS)}; with \`--wide\` ${names(WIDE_COLUMNS)}.`,
    'Columns of numbers are ordered by number, and what has none comes last; others by their text.',
    'On a narrow terminal the longest cells are cut, and end in `…`; an address, an id and a number never are. Where that is not enough, columns are left out, the last first, and named below the rows; the address stays. `--wide` cuts and leaves out nothing. What goes into a pipe or a file is never cut.',
  ]);
}

function capital(text: string): string {
  // A name of the kernel's, or a form, stays as it is written.
  return /^[a-z']+([ ,-]|: )/.test(text) || /^[a-z]+$/.test(text)
    ? text.charAt(0).toUpperCase() + text.slice(1)
    : text;
}

const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'It was done, or the answer is yes.',
  findings: 'It ran, and the answer is no: `pci diff` found a difference, a check of `pci validate` failed.',
  usage: 'Wrong arguments, or a bad input file.',
  notFound: 'There is no such device or machine, or no change that awaits confirmation.',
  refused: 'Refused for safety: the host uses a device, another change is on its way, or was cut short.',
  permission: 'The kernel refused access.',
  unsupported: 'The host lacks what is needed: an IOMMU, a driver, a PCI bus.',
  toolFailed: 'A file could not be written, or a program failed.',
  partial: 'A change failed midway; the report says what was undone, and what not.',
  internal: 'A bug of ours; please report it.',
  interrupted: 'Stopped by SIGINT (Ctrl-C).',
  terminated: 'Stopped by SIGTERM.',
};

function exitCodesPage(): string {
  return page('Exit codes', [
    'A contract: they do not change.',
    table(
      ['code', 'name', 'meaning'],
      Object.entries(EXIT).map(([name, exit]) => [String(exit), code(name), EXIT_MEANINGS[name as ExitName]]),
    ),
    'A list that is empty because no device is of the kind that was asked for is an answer, and exits with 0.',
  ]);
}

function errorsPage(): string {
  return page('Errors', [
    'On standard error an error is three kinds of lines:',
    '```text\npci: SUBJECT: WHAT HAPPENED [CODE]\nhint: WHAT TO DO\ncause: WHAT WAS BELOW IT\n```',
    'With `--json` it is a [document](json.md#error) on standard output. Codes are stable, wording is not.',
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
        [code('INTERNAL'), 'A bug of ours.', sentence(capital(REPORT_HINT)), `${EXIT.internal} internal`],
      ],
    ),
    'The hint of the table stands where the program knows nothing better to say, such as `did you mean class=network?`.',
  ]);
}

function diagnosticsPage(): string {
  return page('Diagnostics', [
    'A part of a host that makes no sense hides nothing else: the rest is listed, the fact in question is unknown, and a diagnostic says what was met. Diagnostics go to standard error as `pci: SUBJECT: MESSAGE [CODE]`, or with the name of the other program, the first ten, or all with `--verbose`. In a JSON document they stand under `diagnostics`. They do not change the exit code.',
    table(
      ['code', 'meaning'],
      Object.entries(DIAGNOSTICS).map(([name, meaning]) => [code(name), meaning]),
    ),
  ]);
}

const SEVERITY_MEANINGS: Readonly<Record<Severity, string>> = {
  forbids: "Can't be lifted while the host runs as it does.",
  refuses: 'Stops the change unless it is allowed by its name.',
  warns: 'Is said, and stops nothing.',
  unknown:
    'What the rule looks at could not be read. It stops the change where the rule itself would, and may be allowed by the name of the rule.',
};

function safetyRulesPage(): string {
  return page('Safety rules', [
    'What `checkSafety` of the [library](library.md) looks for before devices are taken from a host: for each of them, for every member of their IOMMU groups that goes with them, for what is behind those, and for their VFs. What it finds is shown with every plan. Names are stable, wording is not.',
    table(
      ['severity', 'meaning'],
      Object.entries(SEVERITY_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
    table(
      ['rule', 'severity', 'found where'],
      SAFETY_RULES.map(({ name, severity, title }) => [
        `[${code(name)}](#${name})`,
        severity,
        sentence(capital(title)),
      ]),
    ),
    ...SAFETY_RULES.map(ruleSection),
    '## Reading an option ROM',
    'What speaks against reading an option ROM (`pci rom`), of the device alone; `pci rom dump` refuses besides, with `bad-rom`, to write one that is damaged or for another device.',
    table(
      ['rule', 'severity', 'found where'],
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
  return [`## ${name}`, `${SEVERITY_MEANINGS[severity]} ${meaning}`, `What to do: ${sentence(remedy)}`].join(
    '\n\n',
  );
}

const GRADE_MEANINGS: Readonly<Record<Grade, string>> = {
  fail: 'A host that is not so can not do what was asked: `FAIL`, and exit code 1.',
  warn: 'Something is slower, less safe, or in the way of some devices: `WARN`; exit code 1 with `--strict`.',
  note: 'Worth knowing: `NOTE`, which `--all` shows.',
};

function validationRulesPage(): string {
  const parts = [
    ['About the host', HOST_RULES],
    ['About a device', DEVICE_RULES],
    ['About a machine', MACHINE_RULES],
  ] as const;
  return page('Validation rules', [
    'What [`pci validate`](commands.md#pci-validate) checks. A check that can not be told, since what it looks at is for root alone or is not in a snapshot, never passes: it is counted as `?`. One that has nothing to say of a host is shown with `--all`, as `-`. A rule can be milder in a case than its grade says. Ids are stable, wording is not.',
    table(
      ['grade', 'meaning'],
      Object.entries(GRADE_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
    `Rules are for purposes: ${PURPOSES.map(code).join(', ')}. \`--for\` takes the rules of a purpose alone. Without it all rules of the host are checked, and those that are for neither \`passthrough\` nor \`machines\` make a note at most.`,
    ...parts.map(([, rules], index) =>
      [
        `## ${parts[index]?.[0]}`,
        table(
          ['rule', 'grade', 'what holds'],
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
      ? `, and may come to another result: ${rule.whyOther}`
      : '';
  return [
    `## ${rule.id}`,
    `${sentence(capital(rule.title))} ${rule.meaning}`,
    `Grade ${code(rule.grade)}, for ${rule.purposes.map(code).join(', ')}.${other === undefined ? '' : ` virt-host-validate checks the same as “${other}”${why}.`}`,
  ].join('\n\n');
}

function jsonPage(schemas: ReadonlyMap<string, Schema>): string {
  const all = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  const isDocument = ([, { properties }]: readonly [string, Schema]): boolean =>
    properties?.['schema'] !== undefined;
  return page('JSON', [
    'With `--json` a command prints one document on standard output, also for an [error](errors.md). It names its schema: `{"schema":"portal-gun/pci-list/v1", …}`. Within a version keys are added, and none is changed or taken away.',
    table(
      ['form', 'means'],
      [
        ['`null`', 'The host has no such thing.'],
        ['`{"unknown":"denied"}`', 'The kernel refused the read; root would get an answer.'],
        ['`{"unknown":"broken"}`', 'The read failed in another way, or what was read makes no sense.'],
        ['`{"unknown":"unread"}`', 'Nobody read it: a snapshot does not hold it.'],
        ['`"0000:01:00.0"`', 'An address: lower case, with the domain.'],
        ['`"8086"`', 'An id: four hex digits, lower case, without `0x`. A class code has six.'],
        ['`1048576`', 'Sizes are bytes, as numbers.'],
        ['`"0xa4000000"`', 'Memory addresses are hex strings: they may need 64 bits.'],
      ],
    ),
    "The JSON Schemas are in the package, `portal-gun/schemas/FILE`. `pci list --format ndjson` prints the items of the list's `devices` alone, a line each.",
    ...all.filter(isDocument).map(([file, schema]) => documentSection(file, schema)),
    [
      '## Shared',
      'What several documents have in common.',
      table(
        ['schema', 'what it describes'],
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
      ['key', 'what it holds'],
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
  diagnostics: 'What made no sense: `subject`, `code`, `message`. See [diagnostics](diagnostics.md).',
  device: 'Every fact of the device.',
  identity: 'What finds the device again. See [identity](../explanation/identity.md).',
  iommu: 'Whether an IOMMU is at work, and whether the firmware describes one.',
  roots: 'The root buses, with what is on them.',
  error:
    'What happened: `code`, `exit`, `exitCode`, `subject`, `message`, `hint`, `causes`. See [errors](errors.md).',
};

function schemaLink(file: string): string {
  return `[\`${file}\`](../../lib/render/schemas/${file})`;
}
