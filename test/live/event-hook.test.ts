import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { EVENTS_FOLDER } from '../../lib/machines/events/installed-scripts.ts';
import { formatEventHook } from '../../lib/plan/persistence/event-hook.ts';
import { formatProbe, HOOK_ANSWER, PROBE_NAME } from '../../lib/plan/persistence/hook-probe.ts';
import { programNamed } from '../../lib/plan/persistence/hook-program.ts';
import { formatStartHook } from '../../lib/plan/persistence/start-guard.ts';

const UUID = '8a4daced-3874-4273-8ef2-0474238f9fb4';
const DOCUMENT = `<domain type='kvm'>\n  <name>&lt;uuid></name>\n  <uuid>${UUID}</uuid>\n  <devices><uuid>other</uuid></devices>\n</domain>`;

describe('the hook that runs scripts', () => {
  const folder = mkdtempSync(join(tmpdir(), "portal-gun it's-"));
  const [seen, program, run] = [join(folder, 'seen'), join(folder, 'pci.ts'), join(folder, 'run')];
  const events = mkdtempSync(join(tmpdir(), 'portal-gun-events-'));
  afterAll(() => {
    for (const each of [folder, events]) rmSync(each, { recursive: true });
  });
  beforeEach(() => {
    for (const each of [seen, join(events, UUID), run]) rmSync(each, { force: true, recursive: true });
  });

  /** Stands for `portal`: keeps its arguments and its input, and fails on some events. */
  const stand = `{ echo "$@"; cat; } >> "${seen}"; case $2 in *fail*) exit 1;; esac; [ ! -e "${folder}/fails" ]\n`;

  async function call(event: string, input = DOCUMENT, words: readonly string[] = ['/bin/sh', program]) {
    const hook = join(folder, 'hook');
    const text = formatEventHook(words)
      .replaceAll(EVENTS_FOLDER, events)
      .replaceAll(
        '/run/portal-gun',
        events.replace(/[^/]*$/, (name) => `${name}/run`),
      );
    writeFileSync(hook, text);
    writeFileSync(join(folder, 'portal.ts'), stand);
    const { exitCode, stderr } = await execa('sh', [hook, 'r0', event, 'begin', 'crashed'], {
      input,
      reject: false,
    });
    return { exitCode, stderr };
  }

  const scriptsOn = (...names: readonly string[]): void => {
    for (const name of names) mkdirSync(join(events, UUID, `${name}.d`), { recursive: true });
  };
  const eventsSeen = (): readonly string[] =>
    existsSync(seen)
      ? readFileSync(seen, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('run-event'))
          .map((line) => line.split(' ')[1] ?? '')
      : [];

  it('passes the event, the reason and the document of a machine with scripts to the program', async () => {
    scriptsOn('stopped');
    expect(await call('stopped')).toEqual({ exitCode: 0, stderr: '' });
    expect(readFileSync(seen, 'utf8')).toBe(`run-event stopped --reason crashed\n${DOCUMENT}\n`);
  });

  it.each([
    ['a machine without scripts', 'stopped', DOCUMENT.replaceAll(UUID, UUID.replace('8a', '8b'))],
    ['a machine without scripts on the event', 'release', DOCUMENT],
    ['what is no event', 'reconnect', DOCUMENT],
    ['a document without a UUID', 'stopped', '<domain/>'],
    ['a document with a path for a UUID', 'stopped', '<domain><uuid>../etc</uuid></domain>'],
  ])('starts nothing for %s', async (_, event, input) => {
    scriptsOn('stopped', 'reconnect');
    expect(await call(event, input)).toEqual({ exitCode: 0, stderr: '' });
    expect(eventsSeen()).toEqual([]);
  });

  it('fails with the scripts of prepare, and with no others: libvirt would end the VM', async () => {
    writeFileSync(join(folder, 'fails'), '');
    scriptsOn('prepare', 'start', 'started', 'stopped', 'release');
    const codes: Record<string, number | undefined> = {};
    for (const event of ['prepare', 'start', 'started', 'stopped', 'release']) {
      codes[event] = (await call(event)).exitCode;
    }
    rmSync(join(folder, 'fails'));
    expect(codes).toEqual({ prepare: 1, start: 0, started: 0, stopped: 0, release: 0 });
    expect(eventsSeen()).toEqual(Object.keys(codes));
  });

  it('tells a start that failed from a VM that stopped', async () => {
    scriptsOn('failed-start', 'stopped');
    const life = async (...names: readonly string[]): Promise<readonly string[]> => {
      rmSync(seen, { force: true });
      for (const name of names) await call(name);
      return eventsSeen();
    };
    expect(await life('prepare', 'start', 'started', 'stopped', 'release')).toEqual(['stopped']);
    expect(await life('prepare', 'start', 'stopped', 'release')).toEqual(['failed-start', 'stopped']);
    expect(await life('prepare', 'stopped', 'release')).toEqual(['failed-start', 'stopped']);
    expect(await life('prepare', 'start', 'started', 'reconnect', 'stopped', 'release')).toEqual(['stopped']);
  });

  it('refuses a start, and nothing else, if the program is gone', async () => {
    scriptsOn('prepare', 'stopped');
    const gone = ['/bin/sh', '/nowhere/portal.js'];
    expect(await call('prepare', DOCUMENT, gone)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^portal-gun is no longer installed .* remove .*hook$/),
    });
    expect(await call('stopped', DOCUMENT, gone)).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['events', formatEventHook],
    ['devices', formatStartHook],
  ])('answers the VM that looks whether it is called: %s', async (_, format) => {
    const hook = join(folder, 'probed');
    writeFileSync(hook, format(['/bin/sh', program]));
    chmodSync(hook, 0o755);
    const answer = (name: string, event: string) =>
      execa(hook, [name, event, 'begin', '-'], { input: formatProbe('qemu'), reject: false });
    expect(await answer(PROBE_NAME, 'prepare')).toMatchObject({ exitCode: 1, stderr: HOOK_ANSWER });
    expect(await answer(PROBE_NAME, 'stopped')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await answer('r0', 'prepare')).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

it('starts the other program of the same folder', () => {
  const inFolder = (name: string) => ['/usr/bin/node', `/opt/pci/bin/${name}`];
  for (const end of ['', '.js', '.ts', '.mjs']) {
    expect(programNamed('pci', inFolder(`portal${end}`))).toEqual(inFolder(`pci${end}`));
    expect(programNamed('portal', inFolder(`pci${end}`))).toEqual(inFolder(`portal${end}`));
    expect(programNamed('pci', inFolder(`pci${end}`))).toEqual(inFolder(`pci${end}`));
  }
  expect(programNamed('pci', inFolder('my-portal.js'))).toEqual(inFolder('my-portal.js'));
});
