import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { consolePortName } from '../../lib/libvirt/machine/console-ports.ts';
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
  const logs = join(folder, 'logs');
  const events = mkdtempSync(join(tmpdir(), 'portal-gun-events-'));
  afterAll(() => {
    for (const each of [folder, events]) rmSync(each, { recursive: true });
  });
  beforeEach(() => {
    for (const each of [seen, join(events, UUID), run]) rmSync(each, { force: true, recursive: true });
  });

  /** Stands for `portal`: keeps its arguments and its input, and fails on some events. */
  const stand = `{ echo "$@"; cat; } >> "${seen}"; case $2 in *fail*) exit 1;; esac; [ ! -e "${folder}/fails" ]\n`;

  async function call(
    event: string,
    input = DOCUMENT,
    words: readonly string[] = ['/bin/sh', program],
    text = stand,
  ) {
    const hook = join(folder, 'hook');
    const hookText = formatEventHook(words)
      .replaceAll(EVENTS_FOLDER, events)
      .replaceAll(
        '/run/portal-gun',
        events.replace(/[^/]*$/, (name) => `${name}/run`),
      )
      .replaceAll('/var/log/portal-gun/machines', logs);
    writeFileSync(hook, hookText);
    writeFileSync(join(folder, 'portal.ts'), text);
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

  describe('for a VM that sees the consoles of other machines', () => {
    const port = consolePortName({ of: 'r1', writes: true });
    const sees = DOCUMENT.replace(
      '</devices>',
      `<channel type='unix'><target type='virtio' name='${port}' state='disconnected'/></channel></devices>`,
    );
    const relay = `relay ${UUID} --wait 30\n`;
    const log = join(logs, 'r0/relay.log');
    const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    beforeEach(() => rmSync(logs, { force: true, recursive: true }));
    /** Stands for a relay that goes on after the hook, until `end` is there; reports its session and its files. */
    const standing = `echo "$@"
readlink /proc/$$/fd/0
echo "session $(cut -d' ' -f6 /proc/$$/stat) of $$"
case $1 in relay) until [ -e "${folder}/end" ]; do sleep 0.05; done; echo ended;; esac\n`;

    it('starts a relay in its own session, without a pipe of libvirt, and does not wait for it', async () => {
      mkdirSync(join(logs, 'r0'), { recursive: true });
      writeFileSync(log, 'of the last start');
      // Reads stdout and stderr until all that have them close them, as libvirt does.
      expect(await call('started', sees, ['/bin/sh', program], standing)).toEqual({
        exitCode: 0,
        stderr: '',
      });
      await expect.poll(() => read(log)).toMatch(/session/);
      expect(read(log)).toMatch(
        new RegExp(`^relay ${UUID} --wait 30\\n/dev/null\\nsession (\\d+) of \\1\\n$`),
      );
      writeFileSync(join(folder, 'end'), '');
      await expect.poll(() => read(log)).toMatch(/ended\n$/);
      rmSync(join(folder, 'end'));
    });

    it('starts it after the scripts, also if they fail', async () => {
      scriptsOn('started');
      writeFileSync(join(folder, 'fails'), '');
      expect(await call('started', sees)).toMatchObject({ exitCode: 0 });
      rmSync(join(folder, 'fails'));
      await expect.poll(() => read(seen)).toBe(`run-event started --reason crashed\n${sees}\n${relay}`);
    });

    it('keeps no report of a VM without a directory for it', async () => {
      expect(await call('started', sees)).toEqual({ exitCode: 0, stderr: '' });
      await expect.poll(() => read(seen)).toBe(relay);
      expect(existsSync(logs)).toBe(false);
    });

    it.each(['prepare', 'start', 'stopped', 'release', 'reconnect'])(
      'starts nothing on %s',
      async (event) => {
        expect(await call(event, sees)).toEqual({ exitCode: 0, stderr: '' });
        expect(await call('started', DOCUMENT)).toEqual({ exitCode: 0, stderr: '' });
        await new Promise((done) => setTimeout(done, 200));
        expect(read(seen)).toBe('');
      },
    );
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
