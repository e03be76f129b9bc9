import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlanPrograms } from '../../lib/apply/plan-programs.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { KeptVirsh } from '../../lib/libvirt/kept-virsh.ts';
import { Virsh } from '../../lib/libvirt/virsh.ts';
import { testKeptVirsh } from '../support/kept-virsh-cases.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { connectionProxy } from './connection-proxy.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';

const DOMAIN = (name: string) =>
  `<domain type='qemu'><name>${name}</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os></domain>`;

describeLibvirtd('virsh, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);
  const home = temporaryFolder();
  let virsh: Virsh;

  beforeAll(() => {
    // A user's history of commands must stay as it is.
    vi.stubEnv('HOME', home);
    vi.stubEnv('XDG_CACHE_HOME', undefined);
    virsh = new Virsh(new LiveRunner(), libvirtd().uri);
    return () => vi.unstubAllEnvs();
  });

  test('takes thousands of commands in one process, and keeps their answers apart', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => `${index} `.repeat(1 + (index % 60)).trim());
    const answers = await virsh.runAll(
      words.flatMap((word) => [
        ['echo', word],
        ['domuuid', word],
      ]),
    );
    expect(answers.filter(({ error }) => error === null).map(({ output }) => output)).toEqual(words);
    expect(answers.flatMap(({ error }) => error ?? [])).toEqual(
      words.map((word) => `failed to get domain '${word}'`),
    );
    expect(existsSync(join(home, '.cache'))).toBe(false);
  });

  test('hands on any word as it is', async () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{C}|^-/u.test(text));
    const words = fc.sample(word, 500);
    const answers = await virsh.runAll(words.map((each) => ['echo', each]));
    expect(answers.map(({ output, error }) => [output, error])).toEqual(words.map((each) => [each, null]));
  });

  test('says what failed, and does the rest', async () => {
    const answers = await virsh.runAll([['nosuch'], ['dumpxml'], ['domuuid', ''], ['echo', 'virsh # x']]);
    expect(answers.map(({ output, error }) => error ?? output)).toEqual([
      "unknown command: 'nosuch'",
      "command 'dumpxml' requires <domain> option",
      "Failed to get option 'domain': Option argument is empty",
      'virsh # x',
    ]);
  });

  test('defines a machine from what it is given to read, and not where it may only read', async () => {
    const define = ['define', '/dev/stdin'];
    const denied = await virsh.run(define, { input: DOMAIN('one'), readOnly: true });
    expect(denied.error).toContain('read only access prevents virDomainDefineXML');
    expect(await virsh.run(define, { input: DOMAIN('one') })).toEqual({
      command: define,
      output: '',
      error: null,
    });
    const [dumped] = await virsh.runAll([['dumpxml', '--inactive', '--security-info', 'one']], {
      readOnly: false,
    });
    expect(dumped?.output).toMatch(/^<domain type='qemu'>\n {2}<name>one<[\s\S]*<\/domain>$/);
    expect((await virsh.run(['undefine', 'one'])).error).toBeNull();
    expect((await virsh.run(define, { input: '<domain' })).error).toContain('Failed to define domain');
  });

  test('defines a machine, and says in the same process how it came out', async () => {
    const dump = ['dumpxml', '--inactive', 'two'];
    const answers = await virsh.runAll([['define', '/dev/stdin'], dump], { input: DOMAIN('two') });
    expect(answers[0]).toMatchObject({ output: '', error: null });
    expect(answers[1]?.output).toMatch(/^<domain type='qemu'>\n {2}<name>two<[\s\S]*<\/domain>$/);
    const [failed, dumped, echoed] = await virsh.runAll(
      [['define', '/dev/stdin'], dump, ['echo', `"it's"; \\ $(two)`]],
      { input: '<domain' },
    );
    expect(failed?.error).toMatch(/^Failed to define domain from \/dev\/stdin: at line 1: /);
    expect(dumped).toEqual(answers[1]);
    expect(echoed?.output).toBe(`"it's"; \\ $(two)`);
    const unknown = virsh.runAll([['undefine', 'two'], ['nosuch']], { input: '' });
    await expect(unknown).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: "ended before this was done: undefine two (it said: error: unknown command: 'nosuch')",
    });
    expect((await virsh.run(['undefine', 'two'])).error).toBeNull();
  });

  test.each([
    ['qemu:///system?socket=/nowhere/socket', 'NO_LIBVIRT', '/nowhere/socket'],
    ['qemu+tcp://127.0.0.1:1/system', 'NO_LIBVIRT', 'Connection refused'],
    ['no uri', 'BAD_ARGUMENT', 'Unable to parse URI'],
  ])('says why %s does not answer', async (uri, code, message) => {
    const elsewhere = new Virsh(new LiveRunner(), uri);
    const expected = { code, message: expect.stringContaining(message) };
    await expect(elsewhere.runAll([['list'], ['list']])).rejects.toMatchObject(expected);
    await expect(elsewhere.runAll([['list']], { input: '' })).rejects.toMatchObject(expected);
  });

  describe('that is kept open', () => {
    const opened = new PlanPrograms(new LiveRunner());
    let kept: KeptVirsh;
    beforeEach(() => {
      kept = new KeptVirsh(opened, libvirtd().uri);
      return () => opened.close();
    });

    testKeptVirsh(() => kept, ['domuuid', 'x']);

    test('defines one VM after another, and reports which definition was refused', async () => {
      const define = ['define', kept.inputFile];
      for (const name of ['one', 'two']) {
        const [defined, dumped] = await kept.runAll([define, ['dumpxml', '--inactive', name]], DOMAIN(name));
        expect(defined).toEqual({ command: define, output: '', error: null });
        expect(dumped?.output).toMatch(
          new RegExp(`^<domain type='qemu'>\\n {2}<name>${name}<[^]*</domain>$`),
        );
        const [failed, again] = await kept.runAll([define, ['dumpxml', '--inactive', name]], '<domain');
        expect(failed?.error).toMatch(/^Failed to define domain from \/dev\/fd\/3: at line 1: /);
        expect(again).toEqual(dumped);
      }
      const ended = await kept.runAll([
        ['undefine', 'one'],
        ['undefine', 'two'],
      ]);
      expect(ended.map(({ error }) => error)).toEqual([null, null]);
      expect(existsSync(join(home, '.cache'))).toBe(false);
    });

    test('connects again if libvirt ended the connection, and reports that libvirt is gone', async () => {
      const proxy = await connectionProxy(libvirtd());
      kept = new KeptVirsh(opened, proxy.uri);
      const list = ['list', '--all', '--name'];
      const before = await kept.runAll([list]);
      for (const pauseMs of [0, 300]) {
        proxy.cut();
        await sleep(pauseMs);
        expect(await kept.runAll([list, ['echo', 'a']])).toEqual([
          before[0],
          expect.objectContaining({ output: 'a' }),
        ]);
      }
      await proxy.end();
      await expect(kept.runAll([list])).rejects.toMatchObject({
        code: 'NO_LIBVIRT',
        message: expect.stringContaining('Failed to connect socket'),
      });
    });

    test.each([
      ['qemu:///system?socket=/nowhere/socket', 'NO_LIBVIRT', '/nowhere/socket'],
      ['qemu+tcp://127.0.0.1:1/system', 'NO_LIBVIRT', 'Connection refused'],
      ['no uri', 'BAD_ARGUMENT', 'Unable to parse URI'],
    ])('reports why %s does not answer', async (uri, code, message) => {
      const expected = { code, message: expect.stringContaining(message) };
      await expect(new KeptVirsh(opened, uri).runAll([['list']])).rejects.toMatchObject(expected);
    });
  });
});
