import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import { type Outcome, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { tinyGuest } from './tiny-guest.ts';

/** Nothing is there on any host. */
const NOWHERE = "<address domain='0xfffe' bus='0x7f' slot='0x1f' function='7'/>";

interface Result {
  readonly rule: string;
  readonly subject: string | null;
  readonly outcome: string;
  readonly message: string;
  readonly evidence: readonly string[];
}

describeLibvirtd('machines are judged, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);
  let guest: string;

  beforeAll(async () => {
    guest = (await tinyGuest(root, libvirtd(), { name: 'sound', onceUp: 'stay' })).xml;
    await define(guest);
    const asking = guest
      .replaceAll('sound<', 'asking<')
      .replace('</memory>', "</memory><memtune><hard_limit unit='MiB'>200</hard_limit></memtune>")
      .replace(
        '<vcpu',
        "<memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking><vcpu",
      )
      .replace(
        '</devices>',
        `<hostdev mode='subsystem' type='pci'><source>${NOWHERE}</source><rom file='/gone/card.rom'/></hostdev></devices>`,
      );
    await define(asking);
  });

  const define = (stdin: string): Promise<string> => libvirtd().output(['define', '/dev/stdin'], { stdin });

  const run = (...args: readonly string[]): Promise<Outcome> =>
    pciInside(['validate', '--connect', libvirtd().uri, ...args, '--json']);

  const resultsOf = async (...args: readonly string[]): Promise<readonly Result[]> => {
    const { stdout } = await run(...args);
    const document = JSON.parse(stdout) as { results: readonly Result[] };
    const validate = validatorOf('validation', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document.results.filter(({ subject }) => subject !== null);
  };

  const failuresOf = (results: readonly Result[]): readonly string[] =>
    results.filter(({ outcome }) => outcome === 'fail').map(({ rule }) => rule);

  test('one that starts has nothing against it', async () => {
    const results = await resultsOf('--machine', 'sound');
    // Programs and kernel are those of the lab, and not there outside.
    const missing = results.find(({ rule }) => rule === 'machine-files')?.evidence ?? [];
    expect(missing.filter((path) => !existsSync(join(root.tree, path)))).toEqual([]);
    expect(failuresOf(results).filter((rule) => rule !== 'machine-files')).toEqual([]);
    expect(results.find(({ rule }) => rule === 'machine-memory')?.outcome).toBe('pass');
    expect(await libvirtd().virsh(['start', 'sound'])).toMatchObject({ exitCode: 0 });
    await libvirtd().output(['destroy', 'sound']);
  });

  test('one that asks for what is not there has all of it against it, and does not start', async () => {
    const results = await resultsOf('--machine', 'asking');
    const devices = failuresOf(results).filter((rule) => rule !== 'machine-type');
    expect(devices).toEqual(['machine-memlock', 'machine-huge-pages', 'machine-files', 'machine-devices']);
    expect(results.find(({ rule }) => rule === 'machine-files')?.evidence).toContain('/gone/card.rom');
    expect((await run('--machine', 'asking')).exitCode).toBe(1);
    expect((await libvirtd().virsh(['start', 'asking'])).exitCode).toBe(1);
  });

  test('all of them are, where none is named', async () => {
    const subjects = new Set((await resultsOf()).map(({ subject }) => subject));
    expect([...subjects]).toEqual(['asking', 'sound']);
    expect(await resultsOf('--for', 'nested')).toEqual([]);
  });

  test('what it says of sharing folders is told', async () => {
    const { stdout } = await run('--for', 'machines');
    const { results } = JSON.parse(stdout) as { results: readonly Result[] };
    expect(results.find(({ rule }) => rule === 'folders-9p')?.outcome).toBe('pass');
  });

  test('one that there is not is an error', async () => {
    const { exitCode, stdout } = await run('--machine', 'soudn');
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'MACHINE_NOT_FOUND', hint: 'did you mean sound?' },
    });
  });
});
