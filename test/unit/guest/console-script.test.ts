import { describe, expect, it } from 'vitest';
import { keyText, textToSend } from '../../../lib/guest/console/console-keys.ts';
import { parseConsoleScript } from '../../../lib/guest/console/script-parser.ts';
import { errorOf } from '../../support/error-of.ts';

describe('a console script', () => {
  it('has steps with times of their own, of the script, and of steps before', () => {
    const { strip, steps } = parseConsoleScript(
      `timeout: 2min
steps:
  - expect: GNU GRUB
  - send-key: [down, enter]
  - timeout: 500ms
  - expect: { regex: 'login: ' }
  - send: root{enter}
  - expect: { text: 'a.b', timeout: 1.5 s }
  - expect: '# '
    timeout: 1h
  - send-key: ctrl-c
  - wait: 10s
`,
      's.yaml',
    );
    expect(strip).toBe(true);
    expect(steps.map(({ words, at }) => [at, words])).toEqual([
      ['s.yaml:3:5', 'expect "GNU GRUB"'],
      ['s.yaml:4:5', 'send "\\u001b[B\\r"'],
      ['s.yaml:6:5', 'expect regex login: '],
      ['s.yaml:7:5', 'send "root\\r"'],
      ['s.yaml:8:5', 'expect "a.b"'],
      ['s.yaml:9:5', 'expect "# "'],
      ['s.yaml:11:5', 'send "\\u0003"'],
      ['s.yaml:12:5', 'wait 10 s'],
    ]);
    expect(steps.map((step) => (step.kind === 'expect' ? step.timeoutMs : step.kind))).toEqual([
      120_000,
      'send',
      500,
      'send',
      1500,
      3_600_000,
      'send',
      'wait',
    ]);
  });

  it('can be only the list, and JSON', () => {
    expect(parseConsoleScript('- expect: 007\n', 's').steps).toMatchObject([
      { pattern: { source: '007' }, timeoutMs: 60_000 },
    ]);
    expect(parseConsoleScript('{"strip": "off", "steps": [{"send": "a\\n"}]}', 's')).toMatchObject({
      strip: false,
      steps: [{ text: 'a\n' }],
    });
  });

  it.each([
    ['', 's:1:1', 'needs the key "steps"'],
    ['text', 's:1:1', 'needs the key "steps"'],
    ['strip: off', 's:1:1', 'needs the key "steps"'],
    ['[]', 's:1:1', 'has no step'],
    ['- expct: a', 's:1:10', 'no such key here: "expct"'],
    ['- expect: a\n  send: b', 's:1:3', 'has both expect and send'],
    ['- {}', 's:1:3', 'is empty'],
    ['- send: a\n  timeout: 1s', 's:2:12', 'does not apply to send'],
    ['- expect: { regex: a, text: b }', 's:1:11', 'has both text and regex'],
    ['- expect: { timeout: 1s }', 's:1:11', 'needs one of the keys "text" and "regex"'],
    ['- expect: { regex: "(a" }', 's:1:20', 'has a "(" without ")"'],
    ['- expect: ""', 's:1:11', 'is empty'],
    ['- send: "{entre}"', 's:1:9', 'there is no key "entre"'],
    ['- send: "{enter"', 's:1:9', 'has a "{" without "}"'],
    ['- send-key: [up, F2]', 's:1:18', 'there is no key "F2"'],
    ['- send-key: []', 's:1:13', 'is empty'],
    ['- wait: 10', 's:1:9', 'is not a time'],
    ['- wait: 25h', 's:1:9', 'is not a time'],
    ['steps:\n  - send: a\ntimeout: soon', 's:3:10', 'is not a time'],
    ['- &a [*a]', 's:1:7', 'refers to an anchor'],
  ])('%j is wrong at %s: %s', (raw, at, message) => {
    expect(errorOf(() => parseConsoleScript(raw, 's'))).toMatchObject({
      code: 'BAD_SCRIPT',
      subject: at,
      message: expect.stringContaining(message),
    });
  });
});

it('sends what a terminal sends for keys', () => {
  expect(['enter', 'esc', 'down', 'f2', 'f12', 'ctrl-c', 'ctrl-]', 'ctrl-@', 'alt-x'].map(keyText)).toEqual([
    '\r',
    '\x1b',
    '\x1b[B',
    '\x1bOQ',
    '\x1b[24~',
    '\x03',
    '\x1d',
    '\x00',
    '\x1bx',
  ]);
  expect(textToSend('a{{b}c{ctrl-d}')).toBe('a{b}c\x04');
  for (const name of ['constructor', 'ctrl-é', 'ctrl-1', '']) {
    expect(errorOf(() => keyText(name)).code).toBe('BAD_SCRIPT');
  }
});
