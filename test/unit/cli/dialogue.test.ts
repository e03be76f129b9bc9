import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type DialogueProcess,
  dialogueWith,
  type EndingSignal,
  Interrupted,
} from '../../../lib/cli/terminal/dialogue.ts';

/** A process on a terminal, or on none. */
function processOn(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const signals = new EventEmitter();
  const host: DialogueProcess = {
    stdin,
    stderr,
    on: (signal, listener) => signals.on(signal, listener),
    off: (signal, listener) => signals.off(signal, listener),
  };
  return { host, stdin, stderr, signals };
}

describe('a question', () => {
  it.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('answered with %j is %s', async (typed, expected) => {
    const { host, stdin, stderr } = processOn(true);
    const answer = dialogueWith(host, () => {}).confirm('Apply?');
    stdin.write(typed);
    expect(await answer).toBe(expected);
    expect(String(stderr.read())).toContain('Apply? [y/N] ');
  });

  it('is a no where the input ends', async () => {
    const { host, stdin } = processOn(true);
    const answer = dialogueWith(host, () => {}).confirm('Apply?');
    stdin.end();
    expect(await answer).toBe(false);
  });

  it('is interrupted by Ctrl-C', async () => {
    const { host, stdin } = processOn(true);
    const answer = dialogueWith(host, () => {}).confirm('Apply?');
    stdin.write('\u0003');
    await expect(answer).rejects.toThrow(Interrupted);
  });

  it('has no answer without a terminal', async () => {
    const { host } = processOn(false);
    expect(await dialogueWith(host, () => {}).confirm('Apply?')).toBeNull();
  });
});

describe('what must not be cut in half', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'keeps %s in mind, and lets go of it',
    async (signal: EndingSignal) => {
      const { host, signals } = processOn(false);
      const seen = await dialogueWith(host, () => {}).guard(async (interruption) => {
        expect(interruption).toMatchObject({ aborted: false, signal: null, ending: { aborted: false } });
        signals.emit(signal, signal);
        signals.emit('SIGTERM', 'SIGTERM');
        return { ...interruption };
      });
      expect(seen).toMatchObject({ aborted: true, signal, ending: { aborted: true } });
      expect(signals.listenerCount(signal)).toBe(0);
    },
  );
});
