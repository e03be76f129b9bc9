import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../lib/checks/finding.ts';
import { MACHINE_NAMESPACE } from '../../lib/libvirt/machine/machine-metadata.ts';
import type { AssignmentStanding, AssignmentStatus } from '../../lib/plan/assignment/assignment-status.ts';
import { formatStartHook, startProblems, useProblems } from '../../lib/plan/persistence/start-guard.ts';
import { ROOT } from '../support/pci-program.ts';

const ASSIGNED = `<domain><metadata><p:machine xmlns:p='${MACHINE_NAMESPACE}'><p:assignment a="\\n%s"/></p:machine></metadata></domain>`;
const TAGGED = `<domain><metadata><p:machine xmlns:p='${MACHINE_NAMESPACE}' category='router'/></metadata></domain>`;

it('is called as pci of the package, whatever program writes it', async () => {
  const script =
    "const { programWords } = await import('./dist/host/this-process.js'); console.log(programWords()[1])";
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
  expect(stdout).toBe(join(realpathSync(ROOT), 'dist/bin/pci.js'));
});

describe('the hook of libvirt', () => {
  const folder = mkdtempSync(join(tmpdir(), "portal-gun it's-"));
  const seen = join(folder, 'seen');
  const program = join(folder, 'pci');
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => rmSync(seen, { force: true }));

  /** Stands for `pci`: keeps what it is given, and refuses. */
  const refusing = `cat > "${seen}"; echo "$1: no" >&2; exit 4\n`;

  async function start(
    input: string,
    operation = 'prepare',
    words: readonly string[] = ['/bin/sh', program],
  ) {
    const hook = join(folder, 'hook');
    writeFileSync(hook, formatStartHook(words));
    writeFileSync(program, refusing);
    const { exitCode, stderr } = await execa('sh', [hook, 'galaxy0', operation, 'begin', '-'], {
      input,
      reject: false,
    });
    return { exitCode, stderr, given: existsSync(seen) ? readFileSync(seen, 'utf8') : null };
  }

  it('hands a machine that was given something to the program, and says what that says', async () => {
    expect(await start(ASSIGNED)).toEqual({
      exitCode: 4,
      stderr: 'guard-start: no',
      given: `${ASSIGNED}\n`,
    });
  });

  it.each([
    ['a machine that was given nothing', TAGGED, 'prepare'],
    ['a machine that is not ours', '<domain/>', 'prepare'],
    ['whatever else happens to a machine', ASSIGNED, 'release'],
  ])('starts nothing for %s', async (_, input, operation) => {
    expect(await start(input, operation)).toEqual({ exitCode: 0, stderr: '', given: null });
  });

  it.each([[['/bin/sh', '/nowhere/pci']], [['/nowhere/node', '/bin/sh']]])(
    'refuses where the program is gone, and says the way out: %j',
    async (words) => {
      const { exitCode, stderr } = await start(ASSIGNED, 'prepare', words);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^portal-gun is no longer installed .* remove .*hook$/);
      expect(await start(TAGGED, 'prepare', words)).toMatchObject({ exitCode: 0 });
    },
  );
});

describe('what a machine is refused for', () => {
  const held = (subject: string, message: string): Finding =>
    ({ subject, message, severity: 'forbids', name: 'machine-has-it' }) as Finding;

  it.each<readonly [AssignmentStanding, RegExp | null]>([
    ['in-place', null],
    ['moved', /^ua-portal-gun-x is not the assigned device, which/],
    ['replaced', /another device is at its address/],
    ['missing', /is not on the bus$/],
    ['ambiguous', /several devices match/],
    ['unknown', /may not be the assigned device: its identity cannot be read$/],
  ])('is an assigned device that is %s', (standing, expected) => {
    const assigned = { alias: 'ua-portal-gun-x', assignment: null, device: null };
    const status: AssignmentStatus = { assigned, standing, device: null, heldAt: null };
    const problems = startProblems([status]);
    expect(problems).toEqual(expected === null ? [] : [expect.stringMatching(expected)]);
  });

  it('is said once of devices that one has', () => {
    const problems = useProblems([
      held('0000:03:00.0', 'is in use by VM a (pid 1)'),
      held('0000:03:00.1', 'is in use by VM a (pid 1)'),
      held('0000:05:00.0', 'is in use by VM b (pid 2)'),
    ]);
    expect(problems).toEqual([
      '0000:03:00.0, with 0000:03:00.1, is in use by VM a (pid 1), and only one VM at a time can run with it',
      '0000:05:00.0 is in use by VM b (pid 2), and only one VM at a time can run with it',
    ]);
  });
});
