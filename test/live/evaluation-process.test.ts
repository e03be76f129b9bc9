import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EVALUATION_PROGRAM } from '../../lib/host/live/evaluation/evaluation-program.ts';
import { evaluationFlags } from '../../lib/host/live/evaluation/live-evaluator.ts';

/** What the library of the process, which nothing keeps in a context, can do: that is all that an escape could. */
const PROBE = `
const tried = (action) => { try { return String(action()); } catch (error) { return error.code ?? error.name; } };
const node = (name) => process.getBuiltinModule(name);
const report = {
  user: process.getuid(), group: process.getgid(), groups: process.getgroups().join(),
  root: tried(() => process.setuid(0)),
  environment: Object.keys(process.env).join(),
  read: tried(() => node('node:fs').readFileSync('/etc/passwd')),
  write: tried(() => node('node:fs').writeFileSync('/tmp/evaluated', '')),
  list: tried(() => node('node:fs').readdirSync('/')),
  start: tried(() => node('node:child_process').spawnSync('/bin/true').status),
  thread: tried(() => new (node('node:worker_threads').Worker)('', { eval: true })),
  code: tried(() => Function('return 1')()),
  evaluate: tried(() => (0, eval)('1')),
  intrinsics: tried(() => { 'use strict'; Array.prototype.push = 1; }),
  binding: tried(() => process.binding('fs')),
};
node('node:fs').writeSync(1, JSON.stringify(report));
process.reallyExit(0);
`;

describe('the process of an evaluation', () => {
  it('has no right that an escape from the context could use', () => {
    const input = JSON.stringify({ library: PROBE, context: '', files: {}, timeoutMs: 10_000 });
    const output = execFileSync(process.execPath, [...evaluationFlags(), '--eval', EVALUATION_PROGRAM], {
      ...{ input, env: {}, encoding: 'utf8' as const, cwd: '/' },
    });
    const isRoot = process.getuid?.() === 0;
    const report = JSON.parse(output);
    expect(report).toMatchObject({
      environment: '',
      read: 'ERR_ACCESS_DENIED',
      write: 'ERR_ACCESS_DENIED',
      list: 'ERR_ACCESS_DENIED',
      start: 'ERR_ACCESS_DENIED',
      thread: 'ERR_ACCESS_DENIED',
      code: 'EvalError',
      evaluate: 'EvalError',
      intrinsics: 'TypeError',
      binding: 'ERR_ACCESS_DENIED',
    });
    if (isRoot) expect(report).toMatchObject({ user: 65534, group: 65534, root: 'EPERM' });
  });
});
