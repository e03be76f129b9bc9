import { describe, expect, test } from 'vitest';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { appendLines, applyEdits, removeElement } from '../../../lib/libvirt/xml/xml-edit.ts';
import { childOf, type XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';

const child = (element: XmlElement, name: string): XmlElement => {
  const found = childOf(element, name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

function appended(text: string, ...lines: string[]): string {
  const document = parseXml(text, 'a.xml');
  return applyEdits(document, [appendLines(document, document.root, lines)]);
}

describe('what is put in', () => {
  test('stands last, as deep as its siblings', () => {
    expect(appended('<a>\n    <b/>\n  <!-- x -->\n</a>', '<c>', '  <d/>', '</c>')).toBe(
      '<a>\n    <b/>\n  <!-- x -->\n    <c>\n      <d/>\n    </c>\n</a>',
    );
  });

  test('opens an element that was empty', () => {
    expect(appended('<a x="1"/>', '<c/>')).toBe('<a x="1">\n  <c/>\n</a>');
    expect(appended('<a></a>', '<c/>')).toBe('<a>\n  <c/>\n</a>');
  });
});

describe('what is taken away', () => {
  const without = (text: string, name: string): string => {
    const document = parseXml(text, 'a.xml');
    return applyEdits(document, [removeElement(document, child(document.root, name))]);
  };

  test('takes its line with it', () => {
    expect(without('<a>\n  <b/>\n  <c>\n  </c>\n  <d/>\n</a>\n', 'c')).toBe('<a>\n  <b/>\n  <d/>\n</a>\n');
  });

  test('leaves a line that something else is on', () => {
    expect(without('<a>\n  <b/> <c/>\n</a>', 'c')).toBe('<a>\n  <b/> \n</a>');
    expect(without('<a>\n  <c/><!-- c -->\n</a>', 'c')).toBe('<a>\n  <!-- c -->\n</a>');
  });

  test('gives back what was there before it was put in', () => {
    for (const text of ['<a>\n  <b/>\n</a>\n', '<a>\r\n\t<b/>\r\n</a>']) {
      const document = parseXml(appended(text, '<c>', '  <d/>', '</c>'), 'a.xml');
      expect(applyEdits(document, [removeElement(document, child(document.root, 'c'))])).toBe(text);
    }
  });
});

test('edits that overlap are refused', () => {
  const document = parseXml('<a><b/></a>', 'a.xml');
  expect(() =>
    applyEdits(document, [
      { start: 0, end: 5, text: '' },
      { start: 4, end: 6, text: '' },
    ]),
  ).toThrow('edits overlap');
});
