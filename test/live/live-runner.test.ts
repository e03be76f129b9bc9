import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { PROGRAM_PLACES } from '../../lib/host/programs.ts';
import { asNobody } from '../support/as-nobody.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const isRoot = process.geteuid?.() === 0;

const folder = temporaryFolder();
const runner = new LiveRunner();

it.each([
  ['as its standard input', ['cat']],
  ['as a file, by the name that programs are given', ['sh', '-c', 'cat /dev/stdin']],
] as const)('a program reads what it is given, %s', async (_, [program, ...args]) => {
  const input = `${'ä$(x)'.repeat(100_000)}\nend`;
  expect(await runner.run(program, args, { input })).toMatchObject({ exitCode: 0, stdout: input });
});

it('what a program prints has no end of its last line', async () => {
  const script = "printf 'a\\n\\n'; printf 'b\\r\\n' >&2; exit 3";
  expect(await runner.run('sh', ['-c', script])).toEqual({
    kind: 'exited',
    exitCode: 3,
    stdout: 'a\n',
    stderr: 'b',
  });
});

it('a program that a signal ends has failed, with its name', async () => {
  expect(await runner.run('sh', ['-c', 'kill -9 $$'])).toEqual({ kind: 'failed', detail: 'SIGKILL' });
});

it('a program that is given nothing to read reads nothing', async () => {
  expect(await runner.run('cat', [])).toEqual({ kind: 'exited', exitCode: 0, stdout: '', stderr: '' });
});

it('a program has the variables that it is given, in the C locale all the same', async () => {
  const environment = { TERM: 'dumb', LC_ALL: 'de_DE' };
  const { stdout } = (await runner.run('sh', ['-c', 'echo "$TERM $LC_ALL"'], { environment })) as {
    stdout: string;
  };
  expect(stdout).toBe('dumb C');
});

it("a program is of the system's folders, whatever the PATH of the caller has", async () => {
  for (const name of ['portal-gun-tool', 'cat']) {
    writeFileSync(join(folder, name), '#!/bin/sh\necho ours\n');
    chmodSync(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', folder);
  try {
    expect(await runner.run('portal-gun-tool', [])).toEqual({ kind: 'missing' });
    expect(await runner.run('cat', [], { input: 'theirs' })).toMatchObject({ stdout: 'theirs' });
    const { stdout } = (await runner.run('sh', ['-c', 'echo "$PATH"'])) as { stdout: string };
    expect(stdout).toBe(PROGRAM_PLACES);
  } finally {
    vi.unstubAllEnvs();
  }
});

it('a program is sought in the folders that are given, and in no others', async () => {
  const bin = join(folder, 'given');
  mkdirSync(bin, { mode: 0o755 });
  writeFileSync(join(bin, 'cat'), '#!/bin/sh\necho given\n', { mode: 0o755 });
  const given = new LiveRunner([bin]);
  expect(await given.run('cat', [])).toMatchObject({ stdout: 'given' });
  expect(await given.run('ls', [])).toEqual({ kind: 'missing' });
});

it.runIf(isRoot)(
  `a program that others can write is none for root${whySkipped(isRoot, 'run by an ordinary user')}`,
  async () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    for (const [path, mode] of [
      [join(open, 'in-open'), 0o755],
      [join(folder, 'itself'), 0o775],
    ] as const) {
      writeFileSync(path, '#!/bin/sh\n');
      chmodSync(path, mode);
    }
    chmodSync(open, 0o777);
    const given = new LiveRunner([open, folder]);
    expect(await given.run('in-open', [])).toEqual({ kind: 'missing' });
    expect(await given.run('itself', [])).toEqual({ kind: 'missing' });
  },
);

it('a program that no folder has is missing, also where folders may not be looked into', async () => {
  const shut = join(folder, 'shut');
  mkdirSync(shut, { mode: 0o000 });
  const given = new LiveRunner([shut]);
  expect(await asNobody(() => given.run('no-such-program', []))).toEqual({ kind: 'missing' });
});

it('a program that is there and may not be executed is told of with its place', async () => {
  writeFileSync(join(folder, 'plain-file'), '#!/bin/sh\n', { mode: 0o644 });
  expect(await new LiveRunner([folder]).run('plain-file', [])).toEqual({
    kind: 'failed',
    detail: `${join(folder, 'plain-file')} cannot be executed`,
  });
});

it('a program that is late is ended with all that it started, also what does not listen', async () => {
  const told = join(folder, 'pid');
  const script = `trap '' TERM; sleep 60 & echo $! > ${told}; sleep 60`;
  const run = await runner.run('sh', ['-c', script], { timeoutMs: 300 });
  expect(run).toEqual({ kind: 'failed', detail: 'did not end within 0.3 s' });
  const pid = readFileSync(told, 'utf8').trim();
  // A zombie is what nobody has waited for yet.
  const isThere = () =>
    existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  await vi.waitFor(() => expect(isThere()).toBe(false), { timeout: 5000 });
});

it('a program is not waited for longer than is said', async () => {
  expect(await runner.run('sleep', ['20'], { timeoutMs: 200 })).toEqual({
    kind: 'failed',
    detail: 'did not end within 0.2 s',
  });
});

it('a program that can not be given its input is not started', async () => {
  vi.stubEnv('TMPDIR', join(folder, 'nowhere'));
  try {
    expect(await runner.run('cat', [], { input: 'a' })).toEqual({
      kind: 'failed',
      detail: 'cannot read its input: ENOENT',
    });
  } finally {
    vi.unstubAllEnvs();
  }
});
