import { describe, expect, test } from 'vitest';
import { DEFAULT_RULES, parseAssignmentRules } from '../../../lib/plan/assignment/assignment-rules-parser.ts';

const HEAD = 'portal-gun: assignment-rules/v1\n';
const parse = (text: string) => parseAssignmentRules(text, 'r.yaml');

const read = (text: string) => {
  const { rules, keepUsb } = parse(text);
  return [rules.map(({ selectors, to }) => [selectors.map((each) => each.text), to]), keepUsb];
};

describe('assignment rules', () => {
  test('that come with it are read as any others', () => {
    expect(read(DEFAULT_RULES)).toEqual([
      [
        [['class=system', 'class=signal', 'class=0c05', 'class=0c80', 'class=0780'], null],
        [['class=network'], 'router'],
        [['class=display', 'class=usb', 'class=audio'], 'controller'],
        [['class=memory'], null],
        [['rest'], 'controller'],
      ],
      'auto',
    ]);
  });

  test('take selectors, one or a list, and any type', () => {
    const text = `${HEAD}rules:\n  - {devices: 03:00.0, to: my-own-2}\n  - {devices: ['8086:', nvidia], to: nobody}\nkeep-usb: never\n`;
    expect(read(text)).toEqual([
      [
        [['03:00.0'], 'my-own-2'],
        [['8086:', 'nvidia'], null],
      ],
      'never',
    ]);
    expect(read(`${HEAD}rules: []`)).toEqual([[], 'auto']);
  });

  test.each([
    ['rules: []', 'r.yaml:1:1: does not identify itself as assignment rules'],
    ['portal-gun: policy/v1', 'r.yaml:1:13: must be assignment-rules/v1'],
    [`${HEAD}`, 'r.yaml:1:1: has no rules'],
    [`${HEAD}rules: {}`, 'r.yaml:2:8: must be a list'],
    [`${HEAD}rule: []`, 'r.yaml:2:7: no such key here: "rule'],
    [`${HEAD}rules: [7]`, 'r.yaml:2:9: must be a mapping'],
    [`${HEAD}rules:\n  - to: router`, 'r.yaml:3:5: names no devices'],
    [`${HEAD}rules:\n  - devices: rest`, 'r.yaml:3:5: names no type of VMs'],
    [`${HEAD}rules:\n  - {devices: [], to: router}`, 'r.yaml:3:15: names no devices'],
    [`${HEAD}rules:\n  - {devices: [[a]], to: router}`, 'r.yaml:3:16: must be text'],
    [`${HEAD}rules:\n  - {devices: class=nett, to: router}`, 'r.yaml:3:15: "class=nett" is not a class'],
    [`${HEAD}rules:\n  - {devices: rest, to: A b}`, 'r.yaml:3:25: is not a type of VMs'],
    [`${HEAD}rules:\n  - {devices: rest, to: ../x}`, 'r.yaml:3:25: is not a type of VMs'],
    [`${HEAD}rules:\n  - {devices: rest, to: router, if: x}`, 'r.yaml:3:37: no such key here: "if'],
    [`${HEAD}rules: []\nkeep-usb: maybe`, 'r.yaml:3:11: must be auto or always or never'],
    ['', 'r.yaml:1:1: must be a mapping'],
    ['a: [', 'r.yaml:1:'],
  ])('of another form are refused with their place: %j', (text, expected) => {
    const failure = (() => {
      try {
        return parse(text);
      } catch (error) {
        return error as { code: string; subject: string; message: string };
      }
    })();
    expect(failure).toMatchObject({ code: 'BAD_RULES' });
    if (!('code' in failure)) throw new Error('it was taken');
    expect(`${failure.subject}: ${failure.message}`).toContain(expected);
  });
});
