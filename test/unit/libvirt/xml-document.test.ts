import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';
import { formatXml } from '../../../lib/libvirt/xml/xml-text.ts';

const read = (text: string): XmlElement => parseXml(text, 'a.xml').root;

function failureOf(raw: string | Uint8Array): string {
  try {
    parseXml(raw, 'a.xml');
  } catch (error) {
    if (error instanceof PortalGunError) return `${error.code} ${error.subject} ${error.message}`;
    throw error;
  }
  throw new Error('nothing was wrong with it');
}

describe('an XML document', () => {
  test('is read with names, attributes, text and places', () => {
    const text = `<?xml version='1.0' encoding='UTF-8'?>
<!-- <no/> -->
<a x='1' y="&lt;&#65;&#x42;>">one<b/><![CDATA[<two>]]><c> three </c>&amp;</a>
`;
    const a = read(text);
    expect([...a.attributes]).toEqual([
      ['x', '1'],
      ['y', '<AB>'],
    ]);
    expect(a.text).toBe('one<two>&');
    expect(a.children.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(childOf(a, 'b')?.content).toBeNull();
    expect(childText(a, 'c')).toBe('three');
    expect(childrenOf(a, 'c').map(({ start, end }) => text.slice(start, end))).toEqual(['<c> three </c>']);
    expect(text.slice(a.start, a.end)).toMatch(/^<a x=.*<\/a>$/);
  });

  test('keeps names that mean something to JavaScript', () => {
    const a = read("<__proto__ constructor='1'><toString/></__proto__>");
    expect([a.name, a.attributes.get('constructor'), a.children[0]?.name]).toEqual([
      '__proto__',
      '1',
      'toString',
    ]);
  });

  test.each([
    ['', '1:1 is not well formed: start tag expected'],
    ['hello', "1:1 is not well formed: char 'h' is not expected"],
    ['<!-- c -->', '1:1 is not well formed: start tag expected'],
    ['<a>\n  <b>\n</a>', "3:1 is not well formed: expected closing tag 'b'"],
    ['<a x=1/>', "1:4 is not well formed: attribute 'x' is without value"],
    ['<a x="1" x="2"/>', "1:10 is not well formed: attribute 'x' is repeated"],
    ['<a/><b/>', '1:5 has a second element at its top'],
    ['<a/>\ntrail', '1:5 has text outside its element'],
    ['<a/><![CDATA[x]]>', '1:5 has text outside its element'],
    ['<a>\n&foo;</a>', '2:1 has a reference that is not known: &foo;'],
    ['<a b="x&foo;"/>', '1:8 has a reference that is not known: &foo;'],
    ['<a>&#0;</a>', '1:4 has a reference that is not known: &#0;'],
    ['<a>&#xffffff;</a>', '1:4 has a reference that is not known: &#xffffff;'],
    ['<a b="<"/>', '1:7 has a < in an attribute'],
    ['<a>\u0001</a>', '1:4 has a character that XML does not allow'],
    ['<a>\ud800</a>', '1:4 has a character that XML does not allow'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', '1:1 has a document type'],
    ['<a>\n<!-- x</a>', '2:1 has a document type, or a comment without an end'],
    ['<a><!-- b -- c --></a>', '1:4 has -- in a comment'],
    ['<a>\n<!-- b ---></a>', '2:1 has -- in a comment'],
    ['<a>b]]>c</a>', '1:5 has ]]> outside a CDATA section'],
    ['<a><b:c/></a>', '1:4 has a prefix without a declaration: b'],
    ['<a><d xmlns:b="urn:b"/><e b:c="1"/></a>', '1:24 has a prefix without a declaration: b'],
    ['<?xml version="1.0" encoding="latin1"?><a/>', '1:1 has the encoding latin1'],
    ['<a>'.repeat(200) + '</a>'.repeat(200), '1:301 is more than 100 elements deep'],
  ])('%j is refused: %s', (text, message) => {
    expect(failureOf(text)).toContain(`BAD_XML a.xml:${message}`);
  });

  test('that is not UTF-8 is refused where it begins not to be', () => {
    const bytes = Buffer.from('<a>\n  <b>caf\xe9</b>\n</a>', 'latin1');
    expect(failureOf(bytes)).toBe('BAD_XML a.xml:2:9 is not UTF-8');
    expect(failureOf(Buffer.from('\ufeff<a/>', 'utf16le'))).toBe('BAD_XML a.xml:1:1 is not UTF-8');
  });

  test('that is too long is refused', () => {
    expect(failureOf(`<a>${' '.repeat(17 * 1024 * 1024)}</a>`)).toBe('BAD_XML a.xml is longer than 16 MiB');
  });

  test('is read, or refused with its place, whatever it is', () => {
    const piece = fc.constantFrom(
      ...[
        '<a>',
        '</a>',
        '<a/>',
        '<b c="d">',
        '</b>',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '<?x',
        '?>',
        '&amp;',
      ],
      ...['&', ';', '"', "'", '<', '>', '/', '=', ' ', '\n', 'é', '\u0000', '<!DOCTYPE', ' x="1"', '\ud800'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        try {
          const { root } = parseXml(text, 'a.xml');
          expect(text.slice(root.start, root.end)).toMatch(/^<.*>$/s);
        } catch (error) {
          expect(error).toBeInstanceOf(PortalGunError);
          expect((error as PortalGunError).subject).toMatch(/^a\.xml:\d+:\d+$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what is written', () => {
  test('is indented, escaped, and leaves out what is undefined', () => {
    const content = [undefined, { name: 'c', content: 'x & <y>' }];
    const text = formatXml([{ name: 'a', attributes: { b: `"'<&`, n: undefined }, content }, { name: 'd' }]);
    expect(text).toBe(`<a b="&quot;'&lt;&amp;">\n  <c>x &amp; &lt;y&gt;</c>\n</a>\n<d/>`);
  });

  test('is read as it was meant', () => {
    const plain = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !/\p{Cc}|[\ufffe\uffff]/u.test(text));
    fc.assert(
      fc.property(plain, plain, (value, content) => {
        const a = read(formatXml([{ name: 'a', attributes: { value }, content }]));
        expect([a.attributes.get('value'), a.text]).toEqual([value, content]);
      }),
    );
  });

  test('keeps references that stand in a value as text', () => {
    const a = read(formatXml([{ name: 'a', attributes: { value: '&lt;' }, content: '&amp;#65;' }]));
    expect([a.attributes.get('value'), a.text]).toEqual(['&lt;', '&amp;#65;']);
  });

  test.each(['\u0001', '\ufffe', '\ud800', '\udc00a'])('never holds what XML can not hold: %j', (text) => {
    expect(() => formatXml([{ name: 'a', content: text }])).toThrow(/./);
    expect(() => formatXml([{ name: 'a', attributes: { b: text } }])).toThrow(/./);
  });
});
