import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { YamlFile, type YamlValue } from '../../../lib/base/yaml-file.ts';
import { changeDefinition, parseValueChange } from '../../../lib/machines/definition/change-definition.ts';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';

const FILE = 'machine.yaml';

/** The text after changes as `memory=1GiB`; without a value, the key is removed. */
function changed(text: string, words: readonly string[], file = FILE): string {
  const changes = words.map((word) => {
    const at = word.indexOf('=');
    return parseValueChange(word.slice(0, at), word.slice(at + 1));
  });
  return changeDefinition(text, file, changes).text;
}

function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return `${error.subject}: ${error.message} (${error.hint})`;
  }
  return 'none';
}

const WHOLE = `# A router.
category: "router"   # kind

memory: 256MiB     # enough
cpus: { count: 1 }
title: 'it''s'
tags: # none yet
boot:
  profile: minivm

  # end of boot
nics:
  # the first
  - network: isolated/lan   # lan
    model: virtio
  -   { network: default,   model: virtio }  # wan
disks: [ { name: data, size: 1GiB } ]
after: []
description: >
  Two
  lines
vsock:
`;

describe('a change of a definition', () => {
  it.each<[string, string, string]>([
    ['memory=384MiB', 'memory: 256MiB ', 'memory: 384MiB '],
    ['category=service', '"router"', '"service"'],
    ["title=that's", "'it''s'", "'that''s'"],
    ['cpus.count=2', 'count: 1', 'count: 2'],
    ['cpus.model=host-model', 'count: 1 }', 'count: 1, model: host-model }'],
    ['boot.profile=debian', 'profile: minivm', 'profile: debian'],
    ['boot.kernel=k', 'minivm\n', 'minivm\n  kernel: k\n'],
    ['nics.0.model=e1000e', 'model: virtio\n', 'model: e1000e\n'],
    ['nics[0].mac=02:00:00:00:00:01', 'virtio\n', 'virtio\n    mac: 02:00:00:00:00:01\n'],
    ['nics.1.network=a', 'network: default', 'network: a'],
    ['nics.2.bridge=br0', '# wan\n', '# wan\n  - { bridge: br0 }\n'],
    ['disks.1.name=b', '1GiB } ]', '1GiB }, { name: b } ]'],
    ['after.0=r1', 'after: []', 'after: [r1]'],
    ['description=One: line', '>\n  Two\n  lines\n', '"One: line"\n'],
    ['vsock=on', 'vsock:\n', 'vsock: on\n'],
    ['watchdog=reset', 'vsock:\n', 'vsock:\nwatchdog: reset\n'],
    ['os.root=image:debian', 'vsock:\n', 'vsock:\nos: { root: image:debian }\n'],
    ['memory=', 'memory: 256MiB     # enough\n', ''],
    ['cpus.count=', '{ count: 1 }', '{}'],
    ['nics.0.model=', '    model: virtio\n', ''],
    ['nics.1.network=', 'network: default,   ', ''],
    ['nics.1.model=', ',   model: virtio', ''],
    ['nics.1=', '  -   { network: default,   model: virtio }  # wan\n', ''],
    ['disks.0=', '[ { name: data, size: 1GiB } ]', '[]'],
    ['description=', 'description: >\n  Two\n  lines\n', ''],
    ['watchdog=', 'vsock:\n', 'vsock:\n'],
  ])('%s changes only that part', (word, before, after) => {
    const expected = WHOLE.replace(before, after);
    expect(expected === WHOLE).toBe(word === 'watchdog=');
    expect(changed(WHOLE, [word])).toBe(expected);
  });

  it('changes nothing the second time', () => {
    const words = ['memory=384MiB', 'cpus.count=', 'nics.0.model=e1000e', 'disks.1.name=b', 'watchdog=reset'];
    const once = changed(WHOLE, words);
    const changes = words
      .map((word) => word.split('='))
      .map(([key = '', value = '']) => parseValueChange(key, value));
    expect(changeDefinition(once, FILE, changes)).toEqual({ text: once, changed: [] });
  });

  it('keeps line breaks, a missing one at the end, and a mark at the beginning', () => {
    expect(changed('category: router\r\ncpus: 1\r\n', ['cpus=2', 'rng=on'])).toBe(
      'category: router\r\ncpus: 2\r\nrng: on\r\n',
    );
    expect(changed('category: router', ['cpus=2'])).toBe('category: router\ncpus: 2');
    expect(changed('\ufeffcategory: router\n', ['category=web'])).toBe('\ufeffcategory: web\n');
    expect(changed('---\ncategory: router\n...\n', ['rng=on'])).toBe('---\ncategory: router\nrng: on\n...\n');
  });

  it('counts indices before it removes', () => {
    const text = 'category: router\nafter:\n- a\n- b\n- c\n';
    expect(changed(text, ['after.0=', 'after.2=', 'after.1=d'])).toBe('category: router\nafter:\n- d\n');
    expect(changed(text, ['after.0=', 'after.1=', 'after.2='])).toBe('category: router\nafter: []\n');
    const many = `category: router\nafter: [${Array.from({ length: 11 }, (_, index) => `m${index}`).join(', ')}]\n`;
    expect(changed(many, ['after.2=', 'after.10='])).toBe(
      'category: router\nafter: [m0, m1, m3, m4, m5, m6, m7, m8, m9]\n',
    );
  });

  it.each([
    'a: b',
    'a #b',
    '- a',
    '[x',
    '{',
    '*a',
    '&a',
    '!a',
    'null',
    '~',
    '"q"',
    "'",
    'a, b',
    '%',
    '@',
    '#',
    ' a ',
    '...',
    '0123',
    'ä',
    '\\',
    '<<',
    '?',
    '|',
    '>',
  ])('writes %j as text', (value) => {
    for (const [text, key] of [
      ['category: router\n', 'title'],
      ['{ category: router }', 'title'],
      ['category: router\nboot: { arguments: x }\n', 'boot.arguments'],
      ['category: router\nboot: { arguments: "x" }\n', 'boot.arguments'],
      ["category: router\nboot:\n  arguments: 'x'\n", 'boot.arguments'],
    ] as const) {
      const { value: read } = new YamlFile(changed(text, [`${key}=${value}`]), FILE, 'BAD_DEFINITION');
      const part = key
        .split('.')
        .reduce((all, step) => (all as Record<string, YamlValue>)[step] ?? null, read);
      expect(part).toBe(value);
    }
  });
});

describe('a change of a definition in JSON', () => {
  const TEXT =
    '{\n\t"category": "router",\n\t"cpus": 2,\n\t"rng": true,\n\t"nics": [\n\t\t{ "network": "a" }\n\t],\n\t"boot": {}\n}\n';
  const json = (...words: readonly string[]): string => changed(TEXT, words, 'machine.json');

  it.each<[string, string, string]>([
    ['cpus=4', '2,', '4,'],
    ['cpus=many', '2,', '"many",'],
    ['rng=off', 'true', '"off"'],
    ['category=5', '"router"', '"5"'],
    ['nics.0.model=e1000e', '"a" }', '"a", "model": "e1000e" }'],
    ['nics.1.bridge=br0', '"a" }', '"a" },\n\t\t{\n\t\t\t"bridge": "br0"\n\t\t}'],
    ['boot.profile=minivm', '{}', '{\n\t\t"profile": "minivm"\n\t}'],
    ['tpm=true', '{}', '{},\n\t"tpm": true'],
    ['boot=', ',\n\t"boot": {}', ''],
    ['cpus=', '"cpus": 2,\n\t', ''],
    ['nics.0=', '[\n\t\t{ "network": "a" }\n\t]', '[]'],
  ])('%s keeps the indentation', (word, before, after) => {
    const text = json(word);
    expect(text).toBe(TEXT.replace(before, after));
    expect(() => JSON.parse(text)).not.toThrow();
  });

  it('on one line stays on one line', () => {
    expect(changed('{"category":"router"}', ['os.root=image:a', 'cpus=2'], 'machine.json')).toBe(
      '{"category":"router", "os": {"root":"image:a"}, "cpus": 2}',
    );
  });
});

describe('a change that a definition cannot have', () => {
  it.each([
    [
      'memory: { size: 1GiB }',
      'memory=2GiB',
      '"memory" is a mapping, not one value (set a part of it: memory.size=2GiB)',
    ],
    [
      'memory: 1GiB',
      'memory.size=2GiB',
      '"memory" is one value, without the key "size" (set it as a whole: memory=2GiB)',
    ],
    ['memory: 1GiB', 'memory.hugepages=on', '(write its parts into the file first: memory: { size: 1GiB })'],
    [
      'nics: [{ model: virtio }]',
      'nics=x',
      '"nics" is a list, not one value (set a part of it: nics.0=VALUE)',
    ],
    ['nics: [{ model: virtio }]', 'nics.model=x', '"nics" is a list (set a key of an entry: nics.0.model=x)'],
    ['nics: [{ model: virtio }]', 'nics.2.model=x', '"nics" has 1 entries (the next entry is nics.1)'],
    ['rng: on', 'disks.1.name=x', '"disks" has 0 entries'],
    ['title: &a t\ndescription: *a', 'title=x', 'cannot be changed without changing other parts'],
    ['title: &a t\ndescription: *a', 'description=x', 'cannot be changed without changing other parts'],
    ['title: &a t\ndescription: *a', 'title=', 'cannot be changed without changing other parts'],
    ['boot: &a { profile: x }\nos: *a', 'os.profile=z', 'cannot be changed without changing other parts'],
    ['boot: &a { profile: x }\nos: *a', 'boot.profile=y', 'cannot be changed without changing other parts'],
    ['boot: &a { profile: x }\nos: *a', 'boot.kernel=y', 'cannot be changed without changing other parts'],
    [
      'boot:\n- kernel: x # why\n  profile: x',
      'boot.0.kernel=',
      'cannot be changed without changing other parts',
    ],
    ['boot: { # why\n  profile: x }', 'boot.profile=', 'cannot be changed without changing other parts'],
    ['boot: { # why\n }', 'boot.profile=x', 'cannot be changed without changing other parts'],
    ['a: [', 'rng=on', 'machine.yaml:3:1'],
  ])('%j: %s', (lines, word, message) => {
    expect(failureOf(() => changed(`category: router\n${lines}\n`, [word]))).toContain(message);
  });

  it('keeps an anchor that is not touched, and removes an alias', () => {
    const text = 'category: router\ntitle: &a t\ndescription: *a\n';
    expect(changed(text, ['cpus=2'])).toBe(`${text}cpus: 2\n`);
    expect(changed(text, ['description='])).toBe('category: router\ntitle: &a t\n');
  });

  it.each(['', '\n', '# only a comment\n'])('an empty file %j', (text) => {
    expect(failureOf(() => changed(text, ['cpus=2']))).toContain('is empty');
  });

  it.each([
    ...[
      '__proto__',
      'constructor',
      'a..b',
      '.',
      '',
      'nics.',
      'nics.01',
      'nics.-1',
      'nics[x]',
      'memory.__proto__',
    ],
    ...[
      'memory\u0000',
      'memory\n',
      'mem ory',
      'nics.99999',
      'x'.repeat(100_000),
      'nics'.concat('.0'.repeat(99)),
    ],
  ])('the key %#', (key) => {
    expect(failureOf(() => parseValueChange(key, 'x'))).toMatch(/is not a key|no such key/);
  });

  it.each(['a\nb', 'a\x1b[31m', '\u202e', '\u2028', '\ud800', 'x'.repeat(1001)])('the value %#', (value) => {
    expect(failureOf(() => parseValueChange('title', value))).toMatch(/control characters|longer than 1000/);
  });
});

describe('each value of a definition', () => {
  it('can be set and removed, or is refused; comments of other parts stay', () => {
    const { value } = new YamlFile(WHOLE, FILE, 'BAD_DEFINITION');
    let count = 0;
    for (const path of pathsOf(value).filter(([first]) => first !== 'tags')) {
      for (const text of ['other', null]) {
        const failure = failureOf(() => {
          const next = changeDefinition(WHOLE, FILE, [{ path, value: text }]).text;
          expect(new YamlFile(next, FILE, 'BAD_DEFINITION').value).not.toEqual(value);
          expect(next).toContain('# A router.\n');
          expect(parseDefinition(next, 'r0', FILE).faults.length).toBeGreaterThan(0);
          count += 1;
        });
        expect(failure).toMatch(/^none$|not one value|without changing other/);
      }
    }
    expect(count).toBeGreaterThan(25);
  });
});

function pathsOf(value: YamlValue, path: readonly string[] = []): readonly (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  const inner = Object.entries(value).flatMap(([key, part]) => pathsOf(part as YamlValue, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}
