import { describe, expect, test } from 'vitest';
import type { PortalGunError } from '../../../lib/base/errors.ts';
import { findMachine } from '../../../lib/libvirt/machine/find-machine.ts';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { domainXml, MadeUpLibvirt, type MadeUpMachine, uuidOf } from '../../support/made-up-libvirt.ts';

const GONE = { error: 'failed to get domain: Domain not found: no domain with matching uuid' };
const [A, B, C, D] = [uuidOf(1), uuidOf(2), uuidOf(3), uuidOf(4)];

const UNREADABLE = `  <metadata>
    <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="router">
    <portal-gun:assignment alias="ua-portal-gun-a" policy="mine"/>
    </portal-gun:machine>
  </metadata>`;

const read = (...machines: readonly MadeUpMachine[]) => readMachines(new MadeUpLibvirt(machines), 'look');

describe('machines', () => {
  test('come by name, with what each is and will be', async () => {
    const { machines, diagnostics } = await read(
      { uuid: A, definition: domainXml('c', A) },
      { uuid: B, definition: domainXml('b', B), live: domainXml('b', B), state: 'running' },
      { uuid: C, live: domainXml('a', C), state: 'paused' },
      { uuid: D, definition: domainXml('-d', D), live: domainXml('-d', D), state: 'crashed' },
    );
    expect(
      machines.map(({ name, state, definition, live }) => [name, state, definition !== null, live !== null]),
    ).toEqual([
      ['-d', 'other', true, true],
      ['a', 'paused', false, true],
      ['b', 'running', true, true],
      ['c', 'shut-off', true, false],
    ]);
    expect(diagnostics).toEqual([]);
  });

  test('that go away meanwhile are left out', async () => {
    const { machines, diagnostics } = await read(
      { uuid: A, definition: GONE },
      { uuid: B, definition: GONE, live: GONE, state: 'running' },
      { uuid: C, definition: domainXml('c', C), live: GONE, state: 'running' },
    );
    expect(machines.map(({ name, live }) => [name, live])).toEqual([['c', null]]);
    expect(diagnostics).toEqual([]);
  });

  test('whose documents make no sense are told of, and hide no other', async () => {
    const { machines, unread, diagnostics } = await read(
      { uuid: A, definition: '<domain' },
      { uuid: B, definition: '<network/>' },
      { uuid: C, definition: domainXml('c', C, '<vcpu>many</vcpu>') },
      { uuid: D, definition: { error: 'internal error: out of luck' } },
      { uuid: uuidOf(5), definition: '<!DOCTYPE a [<!ENTITY b "c">]><domain/>' },
    );
    expect(machines.map(({ name }) => name)).toEqual(['c']);
    expect(diagnostics.map(({ subject, code }) => [subject, code])).toEqual([
      [expect.stringMatching(`^${A}:1:`), 'MACHINE_BROKEN'],
      [`${B}:1:1`, 'MACHINE_BROKEN'],
      ['c', 'MACHINE_BROKEN'],
      [D, 'MACHINE_BROKEN'],
      [expect.stringMatching(`^${uuidOf(5)}:1:`), 'MACHINE_BROKEN'],
    ]);
    expect(unread).toEqual([A, B, D, uuidOf(5)]);
    expect(diagnostics[3]?.message).toBe('cannot read its XML: internal error: out of luck');
  });

  test.each([
    ['galaxy0', 'galaxy0'],
    ['-x y', A],
  ])('in which what pci assign keeps makes no sense are told of with the place: %s', async (name, word) => {
    const { machines, unread, diagnostics } = await read(
      { uuid: A, definition: domainXml(name, A, UNREADABLE), live: domainXml(name, A), state: 'running' },
      { uuid: B, definition: domainXml('other', B) },
    );
    expect(machines.find(({ uuid }) => uuid === B)?.definition?.unreadable).toBe(null);
    expect(machines.find(({ uuid }) => uuid === A)?.definition?.unreadable).toMatchObject({
      code: 'BAD_XML',
      subject: `${name}:6:5`,
      message: 'is an assignment with no policy of shared, exclusive, vf-pool',
      hint: expect.stringContaining(`virsh edit ${word};`),
    });
    expect(unread).toEqual([]);
    expect(diagnostics).toEqual([
      {
        subject: `${name}:6:5`,
        code: 'MACHINE_BROKEN',
        message: `is an assignment with no policy of shared, exclusive, vf-pool; pci assign skips this VM: fix or remove that element: virsh edit ${word}`,
      },
    ]);
  });

  test('that are not listed are an error', async () => {
    const libvirt = new MadeUpLibvirt([]);
    libvirt.runAll = async (commands) =>
      commands.map((command) => ({ command, output: '', error: 'out of luck' }));
    await expect(readMachines(libvirt, 'look')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'cannot list the VMs: out of luck',
    });
  });
});

describe('a machine', () => {
  const found = async (word: string) => {
    const { machines } = await read(
      { uuid: A, definition: domainXml('galaxy0', A) },
      { uuid: B, definition: domainXml('-rf', B) },
      // One that is called as another is numbered.
      { uuid: C, definition: domainXml(D, C) },
      { uuid: D, definition: domainXml('d', D) },
    );
    return findMachine(machines, word).uuid;
  };

  test('is found by name and by UUID, by name first', async () => {
    expect(await Promise.all(['galaxy0', '-rf', A.toUpperCase(), D].map(found))).toEqual([A, B, A, C]);
  });

  test.each([
    ['galaxy1', 'did you mean galaxy0?'],
    ['elsewhere', `the VMs are -rf, ${D}, d, galaxy0: portal list`],
  ])('that is called %j is not there', async (word, hint) => {
    await expect(found(word)).rejects.toMatchObject({
      code: 'MACHINE_NOT_FOUND',
      subject: word,
      hint,
    } satisfies Partial<PortalGunError>);
  });
});
