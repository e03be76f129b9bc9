import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { YamlFile } from '../../../lib/base/yaml-file.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';
import { formatLock, parseLock } from '../../../lib/machines/project/portal-lock.ts';
import { fillTemplate } from '../../../lib/machines/template/fill-template.ts';
import { parseTemplate } from '../../../lib/machines/template/template-parser.ts';
import {
  BOMBS,
  HOSTILE_WORDS,
  hostileDefinition,
  hostileFragment,
  hostileLock,
  hostileQuestions,
  hostileTemplate,
  XML_BOMBS,
} from '../../support/hostile-definitions.ts';
import { renderDomain } from '../../support/render-domain.ts';
import { MARKS, resolvedSample, sampleMachine } from '../../support/sample-machines.ts';

/** `HOSTILE_RUNS=20000 npx vitest run test/unit/machines/hostile-machines.test.ts` looks longer. */
const RUNS = { numRuns: Number(process.env['HOSTILE_RUNS'] ?? 200) };
/** Of the processor: far longer than any takes. */
const BOUND_MS = 10_000;
const TIMEOUT_MS = Math.max(60_000, RUNS.numRuns * 50);

/** libvirt follows no inclusion, and ignores elements of other namespaces. */
const HARMLESS = ['many elements', 'many attributes', 'an inclusion'];

/** What a reader returns, or nothing for an error of the user; any other error fails the test. */
function read<T>(work: () => T): T | null {
  const before = process.cpuUsage();
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    expect(['BAD_DEFINITION', 'BAD_XML']).toContain(error.code);
    return null;
  } finally {
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(BOUND_MS);
  }
}

function render(yaml: string, fragment: string): string | null {
  const fragments = [{ file: 'xml/a.xml', text: fragment }];
  const definition = read(() => parseDefinition(yaml, 'm0', 'machine.yaml'))?.definition ?? null;
  return definition === null
    ? null
    : read(() => renderDomain(resolvedSample(definition, { fragments }), MARKS));
}

describe('hostile files of machines', () => {
  it('are definitions, or have faults, and what is rendered is well formed', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(hostileDefinition, (yaml) => {
        const text = render(yaml, '<clock offset="utc"/>');
        if (text !== null) expect(parseXml(text, 'rendered').root.name).toBe('domain');
      }),
      RUNS,
    );
  });

  it('are fragments that leave the identity of the machine alone', { timeout: TIMEOUT_MS }, () => {
    const plain = sampleMachine('category: service\n');
    fc.assert(
      fc.property(hostileFragment, (fragment) => {
        const text = render('category: service\n', fragment);
        if (text === null) return;
        const { root } = parseXml(text, 'rendered');
        const named = (name: string) => root.children.filter((child) => child.name === name);
        expect(named('uuid').map((each) => each.text)).toEqual([plain.uuid]);
        expect(named('name').map((each) => each.text)).toEqual(['m0']);
        expect([...root.attributes.keys()].filter((name) => !name.startsWith('xmlns'))).toEqual(['type']);
      }),
      RUNS,
    );
  });

  it('are lock files, questions and files of templates', { timeout: TIMEOUT_MS }, () => {
    const values = fc.dictionary(
      fc.constantFrom('title', 'name', 'category'),
      fc.constantFrom(...HOSTILE_WORDS),
    );
    fc.assert(
      fc.property(hostileLock, hostileQuestions, hostileTemplate, values, (lock, questions, text, given) => {
        const parsed = read(() => parseLock(lock, 'portal.lock'));
        if (parsed !== null) expect(parseLock(formatLock(parsed), 'portal.lock')).toEqual(parsed);
        read(() => parseTemplate(questions, 'template.yaml'));
        const filled = read(() => fillTemplate(text, given, 'machine.yaml'));
        if (filled !== null) render(filled, '<clock/>');
      }),
      RUNS,
    );
  });

  it.each(Object.entries(BOMBS))('end in time: %s', (_, text) => {
    const parsed = read(() => parseDefinition(text, 'm0', 'machine.yaml'));
    expect(parsed?.definition ?? null).toBeNull();
    expect(read(() => parseLock(text, 'portal.lock'))).toBeNull();
    expect(read(() => parseTemplate(text, 'template.yaml'))).toBeNull();
    read(() => new YamlFile(text, 'answers.yaml', 'BAD_DEFINITION').value);
  });

  it.each(Object.entries(XML_BOMBS))('are fragments that end in time: %s', (name, text) => {
    const rendered = render('category: service\n', text);
    expect(rendered ?? '').not.toMatch(/root:|passwd:/);
    if (!HARMLESS.includes(name)) expect(rendered).toBeNull();
  });
});
