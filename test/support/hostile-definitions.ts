import fc from 'fast-check';
import { SAMPLE_FRAGMENT, SAMPLES, SPECIAL_SAMPLES } from './sample-machines.ts';

// Files of machines that a person made to hang, fill or fool the reader, and files at random.

/** Words that do something in a shell, in YAML, in XML, in Liquid, in a path, or on a terminal. */
export const HOSTILE_WORDS: readonly string[] = [
  ...[
    '$(touch CANARY)',
    '`touch CANARY`',
    "'; touch CANARY; '",
    '"; touch CANARY; "',
    '$CANARY',
    '\\',
    '%s%n',
    '!x',
  ],
  ...[
    'a b',
    "it's",
    '-rf',
    '--',
    '*',
    '~',
    '#',
    '&',
    '|',
    '>x',
    '../..',
    '/etc/passwd',
    'a/../../b',
    './x',
    'x/',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '*a',
    '&a',
    '!!js/function',
    '<<',
    '- ',
    ': ',
    '? ',
    '---',
    '...',
    '%YAML 1.1',
    '@',
  ],
  ...[
    '<!DOCTYPE a>',
    ']]>',
    '&lt;',
    '&#0;',
    '<a',
    '{{ x }}',
    '{% raw %}',
    '\u0000',
    '\n',
    '\r',
    '\t',
    '\u001b[31m',
  ],
  ...[
    '\u009b2J',
    '\u202e',
    '\u2028',
    '\ufeff',
    '\ud800',
    '😀',
    'ä',
    '999999999999999999TiB',
    '-1',
    '0x10',
    '1e9',
  ],
  ...['null', 'true', 'no', '__proto__', 'constructor', '', ' ', 'a'.repeat(2000)],
];

const word = fc.oneof(fc.constantFrom(...HOSTILE_WORDS), fc.string({ unit: 'binary', maxLength: 20 }));
const samples = fc.constantFrom(...Object.values(SAMPLES), ...Object.values(SPECIAL_SAMPLES));

/** A text with some of its parts replaced by hostile words, removed or repeated. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 12 }), put: word, times: fc.nat({ max: 3 }) });
  return fc.tuple(text, fc.array(edit, { maxLength: 6 })).map(([whole, edits]) =>
    edits.reduce((current, { at, length, put, times }) => {
      const from = current.length === 0 ? 0 : at % current.length;
      return current.slice(0, from) + put.repeat(times) + current.slice(from + length);
    }, whole),
  );
}

/** A value of YAML in flow style, quoted as JSON: hostile words at any place of the form. */
const flowValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(word, fc.constantFrom('name', 'source', 'size', 'count', 'pin')), tie('value'), {
      maxKeys: 4,
    }),
  ),
})).value;
const KEYS = [
  'category',
  'title',
  'cpus',
  'memory',
  'boot',
  'os',
  'disks',
  'nics',
  'pci',
  'shares',
  'on',
  'after',
];

/** The text of a definition, hostile or at random. */
export const hostileDefinition: fc.Arbitrary<string> = fc.oneof(
  damaged(samples),
  fc.dictionary(fc.constantFrom(...KEYS), flowValue).map((value) => JSON.stringify(value)),
  fc
    .tuple(samples, fc.constantFrom(...KEYS), flowValue)
    .map(([text, key, value]) => `${text}${key}: ${JSON.stringify(value)}\n`),
  fc.array(word, { maxLength: 30 }).map((words) => words.join(' ')),
);

/** The text of an XML fragment. */
export const hostileFragment: fc.Arbitrary<string> = fc.oneof(
  damaged(
    fc.constantFrom(SAMPLE_FRAGMENT, '<devices><disk type="block"><target dev="vda"/></disk></devices>'),
  ),
  fc.array(word, { maxLength: 20 }).map((words) => `<title>${words.join('')}</title>`),
);

/** The text of a lock file. */
export const hostileLock: fc.Arbitrary<string> = damaged(
  fc.constant(`portal-gun: lock/v1
seed: 0123456789abcdef0123456789abcdef
machines:
  r0:
    uuid: 7be8a9b1-c840-4063-a3d3-9d173a7ccb5e
    macs: { isolated/lan: "02:00:00:00:00:01" }
`),
);

/** The text of a file of a template, with its values. */
export const hostileTemplate: fc.Arbitrary<string> = damaged(
  fc.constantFrom(
    'category: {{ category }}\ntitle: {{ title | yaml }}\n',
    '{% for i in (1..3) %}{{ i }}{% endfor %}{% if title %}{% assign a = title | append: title %}{{ a }}{% endif %}',
    '{% capture a %}{{ title }}{% endcapture %}{% case a %}{% when "x" %}{{ name | yaml }}{% endcase %}',
  ),
);

/** The text of a file `template.yaml`. */
export const hostileQuestions: fc.Arbitrary<string> = damaged(
  fc.constant(
    'portal-gun: template/v1\nsummary: x\nquestions:\n  - { name: memory, question: How much?, form: size, default: 1GiB }\n',
  ),
);

const POWER = 40;
/** Small files that become large, deep or endless if a reader follows them, by what they do. */
export const BOMBS: Readonly<Record<string, string>> = {
  'aliases of aliases': `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: POWER }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]`).join('\n')}\n`,
  'an alias in its anchor': 'category: &a [*a]\n',
  'an alias of a merge': `a: &a { b: 1 }\n${'<<: *a\n'.repeat(1000)}`,
  'deep lists': `category: ${'['.repeat(200_000)}`,
  'deep closed lists': `category: ${'['.repeat(3000)}${']'.repeat(3000)}`,
  'deep mappings': `${Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')}\n`,
  'many keys': Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n'),
  'many entries': `category: service\ndisks: [${'{},'.repeat(100_000)}]`,
  'a long line': `category: ${'a'.repeat(1_000_000)}`,
  'a long number': `category: service\nmemory: ${'9'.repeat(900)}GiB\n`,
  'many documents': '---\n'.repeat(100_000),
  'many comments': '#\n'.repeat(500_000),
  'a quote that does not end': `category: "${'\\n'.repeat(400_000)}`,
  'tabs and spaces': ' \t'.repeat(400_000),
};

/** The same for XML. */
export const XML_BOMBS: Readonly<Record<string, string>> = {
  'entities of entities': `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 20 }, (_, at) => `<!ENTITY a${at} "${`&a${at === 0 ? '' : at - 1};`.repeat(10)}">`).join('')}]><title>&a19;</title>`,
  'an external entity': '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><title>&x;</title>',
  'an unknown entity': '<title>&x;</title>',
  'a parameter entity': '<!DOCTYPE d [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]><title/>',
  'an inclusion':
    '<domain xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></domain>',
  'deep elements': `<metadata>${'<a>'.repeat(60_000)}`,
  'deep closed elements': `<metadata>${'<a>'.repeat(30_000)}${'</a>'.repeat(30_000)}</metadata>`,
  'many elements': `<domain>${'<devices><hub type="usb"/></devices>'.repeat(3000)}</domain>`,
  'many attributes': `<devices><hub ${Array.from({ length: 8000 }, (_, at) => `a${at}=""`).join(' ')}/></devices>`,
  'a comment that does not end': `<title><!--${'-'.repeat(200_000)}`,
  'references without an end': `<title>${'&#'.repeat(100_000)}</title>`,
};
