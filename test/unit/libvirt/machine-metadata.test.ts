import { describe, expect, test } from 'vitest';
import type { PortalGunError } from '../../../lib/base/errors.ts';
import {
  formatWithCategory,
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
  readCategory,
} from '../../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';

const URI = MACHINE_NAMESPACE;

/** A document with metadata; attributes of `<metadata>` and of `<domain>` where they matter. */
function machine(metadata: string, attributes = '', ofDomain = ''): ReturnType<typeof parseXml> {
  return parseXml(
    `<domain type='kvm'${ofDomain}>\n  <name>a</name>\n  <metadata${attributes}>\n    ${metadata}\n  </metadata>\n</domain>\n`,
    'a.xml',
  );
}

const BROKEN = { unknown: 'broken' };

test('the namespace and the prefix stay what they are', () => {
  expect([URI, MACHINE_PREFIX]).toEqual(['urn:portal-gun:machine:v1', 'portal-gun']);
});

describe('the category', () => {
  test.each([
    ['our prefix', `<portal-gun:machine xmlns:portal-gun='${URI}' category='router'/>`, 'router'],
    ['another prefix', `<x:machine category="service" xmlns:x="${URI}"></x:machine>`, 'service'],
    ['no prefix', `<machine xmlns='${URI}' category='host'/>`, 'host'],
    [
      'what stands before it',
      `<!-- a --><y:b xmlns:y='urn:y'/><x:machine xmlns:x='${URI}' category='own'/>`,
      'own',
    ],
    ['no category', `<x:machine xmlns:x='${URI}'/>`, null],
    ['nothing of ours', `<machine category='router'/>`, null],
    [
      'our prefix for something else',
      `<portal-gun:machine xmlns:portal-gun='urn:b' category='router'/>`,
      null,
    ],
    [
      'ours inside of another',
      `<y:b xmlns:y='urn:y'><x:machine xmlns:x='${URI}' category='own'/></y:b>`,
      null,
    ],
    [
      'the first of two',
      `<x:machine xmlns:x='${URI}' category='a'/><x:machine xmlns:x='${URI}' category='b'/>`,
      'a',
    ],
    ['what can be none', `<x:machine xmlns:x='${URI}' category='A b'/>`, BROKEN],
    ['an empty one', `<x:machine xmlns:x='${URI}' category=''/>`, BROKEN],
    ['another element', `<x:engine xmlns:x='${URI}' category='router'/>`, BROKEN],
    ['an attribute of a namespace', `<x:machine xmlns:x='${URI}' x:category='router'/>`, null],
  ])('with %s', (_, metadata, category) => {
    expect(readCategory(machine(metadata))).toEqual(category);
  });

  test('with a declaration further out', () => {
    const bare = "<x:machine category='router'/>";
    expect(readCategory(machine(bare, ` xmlns:x='${URI}'`))).toBe('router');
    expect(readCategory(machine(bare, '', ` xmlns:x='${URI}'`))).toBe('router');
    expect(readCategory(machine(bare, " xmlns:x='urn:b'", ` xmlns:x='${URI}'`))).toBeNull();
  });

  test('is none without metadata', () => {
    expect(readCategory(parseXml('<domain><name>a</name></domain>', 'a.xml'))).toBeNull();
  });
});

describe('tagging', () => {
  test.each([
    ['nothing', '', '<machine category="router"/>'],
    [
      'our own',
      `<portal-gun:machine xmlns:portal-gun="${URI}" category="host"/>`,
      '<machine category="router"/>',
    ],
    ['another prefix', `<x:machine xmlns:x='${URI}'/>`, `<machine category="router" xmlns:x='${URI}'/>`],
    [
      'no prefix',
      `<machine xmlns='${URI}' a='1'><b/></machine>`,
      `<machine category="router" a='1'><b/></machine>`,
    ],
    [
      'what is in it',
      `<portal-gun:machine xmlns:portal-gun="${URI}" b='2' category='host' portal-gun:c='3'>
      <!-- kept -->
      <portal-gun:assignment a='1 > 0'><portal-gun:x/>text &amp; more</portal-gun:assignment>
    </portal-gun:machine>`,
      `<machine category="router" b='2' portal-gun:c='3'>
      <!-- kept -->
      <assignment a='1 > 0'><x/>text &amp; more</assignment>
    </machine>`,
    ],
    [
      'what is of others',
      `<portal-gun:machine xmlns:portal-gun="${URI}" xmlns:y='urn:y' y:a='1'><y:b><portal-gun:c/></y:b></portal-gun:machine>`,
      `<machine category="router" xmlns:y='urn:y' y:a='1'><y:b><c/></y:b></machine>`,
    ],
  ])('keeps %s', (_, metadata, expected) => {
    expect(formatWithCategory(machine(metadata), 'router')).toBe(expected);
  });

  test('takes declarations that are further out with it', () => {
    const outside = ` xmlns:x='${URI}' xmlns:z='urn:a?b&amp;"' xmlns:unused='urn:u'`;
    expect(
      formatWithCategory(machine("<x:machine z:a='1' x:b='2'><z:c/></x:machine>", outside), 'router'),
    ).toBe(
      `<machine xmlns:x="${URI}" xmlns:z="urn:a?b&amp;&quot;" category="router" z:a='1' x:b='2'><z:c/></machine>`,
    );
  });

  test.each([
    ['another element of our namespace', `<x:engine xmlns:x='${URI}'/>`, 'a.xml:4:5'],
    ['a default namespace', `<x:machine xmlns:x='${URI}' xmlns='urn:b'/>`, 'a.xml:4:5'],
  ])('is refused for %s', (_, metadata, place) => {
    const problem = expect.objectContaining({ code: 'BAD_XML', subject: place }) as PortalGunError;
    expect(() => formatWithCategory(machine(metadata), 'router')).toThrow(problem);
  });
});

describe('untagging', () => {
  const ours = `xmlns:portal-gun="${URI}"`;

  test.each([
    ['where there is nothing', ''],
    ['what tagging made', `<portal-gun:machine ${ours} category="router"/>`],
    ['what another prefix made', `<x:machine xmlns:x="${URI}" category="router">\n    </x:machine>`],
  ])('leaves nothing %s', (_, metadata) => {
    expect(formatWithCategory(machine(metadata), null)).toBeNull();
  });

  test.each([
    [
      `<portal-gun:machine ${ours} category="router"><portal-gun:assignment/></portal-gun:machine>`,
      '<machine><assignment/></machine>',
    ],
    [`<portal-gun:machine ${ours} category="router" b='1'/>`, "<machine b='1'/>"],
    [
      `<portal-gun:machine ${ours} category="router"><!-- a --></portal-gun:machine>`,
      '<machine><!-- a --></machine>',
    ],
  ])('keeps the rest of %s', (metadata, expected) => {
    expect(formatWithCategory(machine(metadata), null)).toBe(expected);
  });
});
