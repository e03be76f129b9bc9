import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConsoleScript } from '../../../lib/guest/console/script-parser.ts';
import { MAX_TRANSCRIPT, ScriptRun } from '../../../lib/guest/console/script-run.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const runOf = (script: string): ScriptRun => new ScriptRun(parseConsoleScript(script, 's'), 0);

const LOGIN = `- expect: 'login: '
- send: root{enter}
- expect: { regex: '[#$] ', timeout: 10s }
- send: exit{enter}
`;

describe('a run of a script', () => {
  it('sends when it finds what it expects', () => {
    const run = runOf(LOGIN);
    run.feed(bytes('Debian\r\nlog'), 100);
    expect([run.state, run.takeOutput(), run.deadlineMs]).toEqual(['running', '', 60_000]);
    run.feed(bytes('in: '), 200);
    expect([run.takeOutput(), run.takeOutput(), run.deadlineMs]).toEqual(['root\r', '', 10_200]);
    run.feed(bytes('root\r\nbash# '), 300);
    expect([run.state, run.takeOutput(), run.deadlineMs]).toEqual(['done', 'exit\r', null]);
    expect(run.outcomes.map(({ outcome, endedMs }) => [outcome, endedMs])).toEqual([
      ['done', 200],
      ['done', 200],
      ['done', 300],
      ['done', 300],
    ]);
    expect(run.transcript).toEqual({ text: 'Debian\nlogin: root\nbash# ', isCut: false });
  });

  it('searches only what came after the last match', () => {
    const run = runOf('- expect: a\n- expect: a\n- expect: b\n');
    run.feed(bytes('ba'), 1);
    expect(run.outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'pending', 'pending']);
    run.feed(bytes('ab'), 2);
    expect(run.state).toBe('done');
  });

  it('ends at the time of a step, and not before', () => {
    const run = runOf('- expect: { text: x, timeout: 1s }\n- send: y\n');
    run.tick(999);
    expect(run.state).toBe('running');
    run.tick(1000);
    expect([run.state, run.deadlineMs, run.takeOutput()]).toEqual(['timeout', null, '']);
    expect(run.outcomes.map(({ outcome, endedMs }) => [outcome, endedMs])).toEqual([
      ['timeout', 1000],
      ['pending', null],
    ]);
    run.feed(bytes('x'), 1001);
    expect(run.state).toBe('timeout');
  });

  it('waits, and then searches what came meanwhile', () => {
    const run = runOf('- wait: 1s\n- expect: x\n- send: y\n');
    run.feed(bytes('x'), 500);
    expect([run.takeOutput(), run.deadlineMs]).toEqual(['', 1000]);
    run.tick(1000);
    expect([run.takeOutput(), run.state]).toEqual(['y', 'done']);
  });

  it('finds text between commands for a terminal, unless it is not to leave them out', () => {
    const screen = bytes('\x1b[2J\x1b[3;4HGNU\x1b[0m GRUB\x1b[K');
    const stripped = runOf('- expect: GNU GRUB\n');
    stripped.feed(screen, 1);
    expect(stripped.state).toBe('done');
    const raw = runOf('strip: off\nsteps:\n  - expect: GNU GRUB\n');
    raw.feed(screen, 1);
    expect(raw.state).toBe('running');
    const exact = runOf('strip: off\nsteps:\n  - expect: "GNU\\x1b[0m GRUB"\n');
    exact.feed(screen, 1);
    expect(exact.state).toBe('done');
  });

  it('gives the same at every cut of what comes', () => {
    const script = `- expect: { regex: 'GNU +GRUB' }
- send-key: [down, enter]
- expect: 'héllo: '
- send: a
- expect: { regex: '^[a-z]+[#$] ' }
- send: b
- expect: { text: never, timeout: 5s }
`;
    const raw = bytes('\x1b[2JGNU \x1b[1mGRUB\x1b]0;t\x07\r\nhéllo: \r\nroot# \x1b[6nnev');
    const resultOf = (pieces: readonly Uint8Array[]): unknown => {
      const run = runOf(script);
      const sent = pieces.map((piece) => {
        run.feed(piece, 10);
        return run.takeOutput();
      });
      return [sent.join(''), run.state, run.outcomes, run.transcript, run.deadlineMs];
    };
    const whole = resultOf([raw]);
    expect(whole).toMatchObject(['\x1b[B\rab', 'running', {}, {}, 5010]);
    for (let cut = 0; cut <= raw.length; cut += 1) {
      expect(resultOf([raw.subarray(0, cut), raw.subarray(cut)])).toEqual(whole);
    }
    expect(resultOf([...raw].map((byte) => new Uint8Array([byte])))).toEqual(whole);
  });

  it('bears 100,000 mutated streams', { timeout: 300_000 }, () => {
    const original = [...bytes('\x1b[2JGNU GRUB\x1b[0m\r\nlogin: root\r\nPassword: \r\n\x1b]0;x\x07root# ')];
    const mutation = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255), fc.nat(2)), {
      maxLength: 6,
    });
    const script = parseConsoleScript(
      `- expect: { regex: '(GNU|FOO) GRUB' }\n- send-key: enter\n${LOGIN}- expect: { text: never, timeout: 1s }\n`,
      's',
    );
    fc.assert(
      fc.property(mutation, fc.nat(original.length), (changes, cut) => {
        const stream = [...original];
        for (const [at, byte, kind] of changes)
          stream.splice(at, kind === 0 ? 0 : 1, ...(kind === 2 ? [] : [byte]));
        const raw = new Uint8Array(stream);
        const run = new ScriptRun(script, 0);
        run.feed(raw.subarray(0, cut), 1);
        run.feed(raw.subarray(cut), 2);
        run.tick(600_000);
        expect(run.state).toBe('timeout');
      }),
      { numRuns: 100_000 },
    );
  });

  it('keeps a bounded part of what a guest prints without end', () => {
    const run = runOf('- expect: { regex: "(x+x+)+y", timeout: 1h }\n');
    const piece = bytes(`${'x'.repeat(63 * 1024)}\r\n`);
    const started = process.cpuUsage();
    for (let index = 0; index < 64; index += 1) run.feed(piece, index);
    expect(process.cpuUsage(started).user).toBeLessThan(20_000_000);
    expect(run.transcript.isCut).toBe(true);
    expect(run.transcript.text).toHaveLength(MAX_TRANSCRIPT);
    expect(run.state).toBe('running');
  });
});
