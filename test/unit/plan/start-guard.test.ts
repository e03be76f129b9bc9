import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { MACHINE_NAMESPACE } from '../../../lib/libvirt/machine-metadata.ts';
import { formatStartHook } from '../../../lib/plan/start-guard.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const HOOK = join(folder, 'hook');
/** Of a name that no shell takes as it is. */
const SCRIPT = join(folder, `it's "$(a)" program.sh`);

const ASSIGNED = `<domain><metadata><m:machine xmlns:m="${MACHINE_NAMESPACE}"><m:assignment alias='$(x) \\n %s'/></m:machine></metadata></domain>`;
const TAGGED = `<domain><metadata><m:machine xmlns:m="${MACHINE_NAMESPACE}" category="router"/></metadata></domain>`;

/** Runs the hook as libvirt does, with a program that says what it is asked and ends as it is told to. */
async function hook(event: string, input: string, ends = 0) {
  writeFileSync(SCRIPT, `echo "asked: $*"\ncat\necho "the reason" >&2\nexit ${ends}\n`);
  writeFileSync(HOOK, formatStartHook(['/bin/sh', SCRIPT]));
  chmodSync(HOOK, 0o755);
  return run(event, input);
}

async function run(event: string, input: string) {
  const { exitCode, stdout, stderr } = await execa('/bin/sh', [HOOK, "a 'name'; -x", event, 'begin', '-'], {
    input,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

test('a machine with assignments is asked about before it starts, with its document as it is', async () => {
  expect(await hook('prepare', ASSIGNED)).toEqual({
    exitCode: 0,
    stdout: `asked: guard-start\n${ASSIGNED}`,
    stderr: 'the reason',
  });
});

test('what the program refuses is refused, with its words', async () => {
  expect(await hook('prepare', ASSIGNED, 4)).toMatchObject({ exitCode: 4, stderr: 'the reason' });
});

test.each(['start', 'started', 'stopped', 'release', 'migrate', 'reconnect', ''])(
  'nothing is asked when a machine is at "%s"',
  async (event) => {
    expect(await hook(event, ASSIGNED, 4)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  },
);

test.each([TAGGED, '', '<domain/>'])(
  'nothing is asked of a machine without assignments: %j',
  async (input) => {
    expect(await hook('prepare', input, 4)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  },
);

test('where the program is gone a machine with assignments is refused, and no other', async () => {
  await hook('prepare', TAGGED);
  rmSync(SCRIPT);
  expect(await run('prepare', ASSIGNED)).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `portal-gun is not there any more to look at the devices of this machine; to start it all the same, remove ${HOOK}`,
  });
  expect(await run('prepare', TAGGED)).toMatchObject({ exitCode: 0, stderr: '' });
});
