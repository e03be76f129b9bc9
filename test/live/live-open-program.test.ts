import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import type { Opening, OpenProgram } from '../../lib/host/runner.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs each line that it reads, and prints it on both streams. */
const SHELL = ['-c', 'echo $$; while read -r line; do eval "$line"; echo "$line"; echo "$line" >&2; done'];
const folder = temporaryFolder();
const opened: OpenProgram[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const program of opened.splice(0)) await program.close();
});

async function open(args: readonly string[] = SHELL, program = 'sh'): Promise<OpenProgram> {
  const opening = await new LiveRunner().open(program, args, { environment: { WORD: 'it' } });
  if (opening.kind !== 'open') throw new Error(JSON.stringify(opening));
  opened.push(opening.program);
  return opening.program;
}

/** Its number, from its first answer. */
async function pidOf(program: OpenProgram): Promise<number> {
  const answer = await program.ask(': first\n', ': first\n');
  return Number('stdout' in answer && answer.stdout.split('\n')[0]);
}

const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

it('a program answers request after request, in the C locale, with its variables, from the root of the file system', async () => {
  const program = await open();
  const pid = await pidOf(program);
  const long = 'ä'.repeat(300_000);
  for (const [command, output] of [
    [`echo ${long}`, `${long}\n`],
    ['echo "$WORD $LC_ALL $PWD"', 'it C /\n'],
    ['echo $$', `${pid}\n`],
  ] as const) {
    const stdout = `${output}${command}\n`;
    expect(await program.ask(`${command}\n`, `${command}\n`)).toEqual({
      kind: 'answered',
      stdout,
      stderr: `${command}\n`,
    });
  }
  await program.close();
  expect([program.isOpen, isRunning(pid)]).toEqual([false, false]);
});

it('a program opens each document anew, which only its user can read, and which is gone after the answer', async () => {
  const program = await open();
  await pidOf(program);
  const ask = async (command: string, input?: string): Promise<string> => {
    const answer = await program.ask(`${command}\n`, `${command}\n`, input === undefined ? {} : { input });
    if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer));
    return answer.stdout.slice(0, -command.length - 1);
  };
  for (const input of ['one, which is long\n', 'two\n', `${'x'.repeat(1_000_000)}\n`]) {
    expect(await ask('cat /dev/fd/3', input)).toBe(input);
    expect(await ask('cat /dev/fd/3')).toBe('');
  }
  expect(await ask('stat -L -c "%a %h" /dev/fd/3', 'x')).toBe('600 0\n');
});

it('a program that ends instead of an answer is told of, with all that it printed', async () => {
  const program = await open();
  const pid = await pidOf(program);
  expect(await program.ask('echo last; exit 3\n', 'never')).toEqual({
    kind: 'exited',
    exitCode: 3,
    stdout: 'last\n',
    stderr: '',
  });
  expect([program.isOpen, isRunning(pid)]).toEqual([false, false]);
  expect(await program.ask('echo\n', '\n')).toMatchObject({ kind: 'exited', exitCode: 3 });
});

it('a program that is killed is told of, also if it is killed between requests', async () => {
  const asked = await open();
  expect(await asked.ask('kill -9 $$\n', 'never')).toEqual({
    kind: 'failed',
    detail: 'was ended by SIGKILL',
  });
  const idle = await open();
  const pid = await pidOf(idle);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(idle.isOpen).toBe(false));
  expect(await idle.ask('echo\n', '\n')).toEqual({ kind: 'failed', detail: 'was ended by SIGKILL' });
});

it('a program that does not answer in time is ended, with all that it started', async () => {
  const told = join(folder, 'pid');
  const program = await open();
  const pid = await pidOf(program);
  const request = `trap '' TERM; sleep 60 & echo $! > ${told}; wait\n`;
  expect(await program.ask(request, 'never', { timeoutMs: 300 })).toEqual({
    kind: 'failed',
    detail: 'did not answer within 0.3 s',
  });
  const child = Number(readFileSync(told, 'utf8'));
  await vi.waitFor(() => expect([isRunning(pid), isRunning(child)]).toEqual([false, false]), {
    timeout: 5000,
  });
  expect(program.isOpen).toBe(false);
});

it('a program that does not end when it is closed is killed', async () => {
  const program = await open([
    '-c',
    'trap "" TERM; echo $$; read -r line; echo "$line"; echo "$line" >&2; sleep 60 < /dev/null',
  ]);
  const pid = await pidOf(program);
  await program.close();
  expect(program.isOpen).toBe(false);
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
});

it('a program that cannot be opened is told of', async () => {
  const runner = new LiveRunner([folder]);
  expect(await runner.open('no-such-program', [])).toEqual({ kind: 'missing' });
  writeFileSync(join(folder, 'plain-file'), '#!/bin/sh\n', { mode: 0o644 });
  const answerOf = async (opening: Opening): Promise<unknown> =>
    opening.kind === 'open' ? opening.program.ask('', 'never') : opening;
  expect(await answerOf(await runner.open('plain-file', []))).toEqual({
    kind: 'failed',
    detail: `${join(folder, 'plain-file')} cannot be executed`,
  });
  expect(await answerOf(await new LiveRunner().open('sh', ['a\0b']))).toEqual({
    kind: 'failed',
    detail: 'cannot be started: ERR_INVALID_ARG_VALUE',
  });
  vi.stubEnv('TMPDIR', join(folder, 'nowhere'));
  expect(await new LiveRunner().open('sh', [])).toEqual({
    kind: 'failed',
    detail: 'cannot be started: ENOENT',
  });
});

it('a program ends with ours, which it does not keep from ending', () => {
  const module = join(import.meta.dirname, '../../dist/index.js');
  const script = `
    const { LiveRunner } = await import(${JSON.stringify(module)});
    const { program } = await new LiveRunner().open('sh', ${JSON.stringify(SHELL)});
    const { stdout } = await program.ask(':\\n', ':\\n');
    console.log(stdout.split('\\n')[0]);`;
  const pid = Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 }),
  );
  expect(pid).toBeGreaterThan(1);
  return vi.waitFor(() => expect(isRunning(pid)).toBe(false));
});
