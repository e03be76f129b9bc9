import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fragment } from 'xmlbuilder2';
import { formatXml, type XmlNode } from '../../../lib/libvirt/xml/xml-text.ts';

/** What a library for XML writes of the same elements. */
function written(nodes: readonly XmlNode[]): string {
  const root = fragment();
  for (const node of nodes) add(root, node);
  return root.end({ prettyPrint: true, indent: '  ', wellFormed: true });
}

function add(parent: ReturnType<typeof fragment>, { name, attributes = {}, content = [] }: XmlNode): void {
  // It takes what looks like a reference, such as `&lt;`, for one.
  const plain = (text: string) => text.replaceAll('&', '&amp;');
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, plain(value)] as const],
  );
  const element = parent.ele(name, Object.fromEntries(given));
  if (typeof content === 'string') element.txt(plain(content));
  else for (const child of content) if (child !== undefined) add(element, child);
}

const NAME = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/).filter((name) => !name.startsWith('xml'));
const MARKUP = [
  '&',
  '<',
  '>',
  '"',
  "'",
  '\n',
  '\t',
  '\r',
  ' ',
  '&amp;',
  ']]>',
  '\u0085',
  '\ud800',
  '\0',
  '\ufffe',
];
const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(...MARKUP), maxLength: 6 }),
);
const { node: NODE } = fc.letrec<{ node: XmlNode }>((tie) => ({
  node: fc.record({
    name: NAME,
    attributes: fc.dictionary(NAME, fc.option(TEXT, { nil: undefined }), { maxKeys: 3 }),
    content: fc.oneof(TEXT, fc.array(fc.option(tie('node'), { nil: undefined }), { maxLength: 3 })),
  }),
}));

it('is what a library writes, and is refused where that refuses', () => {
  const orRefused = (write: (nodes: readonly XmlNode[]) => string, nodes: readonly XmlNode[]) => {
    try {
      return write(nodes);
    } catch {
      return 'refused';
    }
  };
  fc.assert(
    fc.property(fc.array(NODE, { maxLength: 3 }), (nodes) => {
      expect(orRefused(formatXml, nodes)).toBe(orRefused(written, nodes));
    }),
    { numRuns: 500 },
  );
});

it.each(['', '1a', 'a b', 'a>', 'a:', '<'])('has no element or attribute of the name %j', (name) => {
  expect(() => formatXml([{ name }])).toThrow('not a name of XML');
  expect(() => formatXml([{ name: 'a', attributes: { [name]: '' } }])).toThrow('not a name of XML');
});
