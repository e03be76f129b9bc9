import { describe, expect, test } from 'vitest';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { planTagging, tagMachines } from '../../../lib/libvirt/machine/tag-machines.ts';
import { domainXml, MadeUpLibvirt, tagXml, uuidOf } from '../../support/made-up-libvirt.ts';

const [A, B, C] = [uuidOf(1), uuidOf(2), uuidOf(3)];
const HOST = tagXml('host');

/** Two machines, the second tagged in its definition and running untagged. */
async function taggingOf(category: string | null) {
  const libvirt = new MadeUpLibvirt([
    { uuid: A, definition: domainXml('a', A) },
    { uuid: B, definition: domainXml('b', B, HOST), live: domainXml('b', B), state: 'running' },
    { uuid: C, live: domainXml('c', C, HOST), state: 'running' },
  ]);
  const { machines } = await readMachines(libvirt, 'look');
  return { libvirt, taggings: machines.map((machine) => planTagging(machine, category)) };
}

const metadata = (uuid: string, ...rest: readonly string[]): readonly string[] => [
  ...['metadata', uuid, '--uri', 'urn:portal-gun:machine:v1'],
  ...rest,
];
const SET = ['--key', 'portal-gun', '--set'];

describe('tagging', () => {
  test('is planned where a machine is not so yet', async () => {
    const places = async (category: string | null) =>
      (await taggingOf(category)).taggings.map((tagging) => tagging.places);
    expect(await places('host')).toEqual([['definition'], ['live'], []]);
    expect(await places('router')).toEqual([['definition'], ['definition', 'live'], ['live']]);
    expect(await places(null)).toEqual([[], ['definition'], ['live']]);
  });

  test('that fails in the third machine puts the first two back', async () => {
    const { libvirt, taggings } = await taggingOf('router');
    libvirt.failure = ([, uuid]) => (uuid === C ? 'out of luck' : null);
    await expect(tagMachines(libvirt, taggings)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      subject: 'c',
      message: 'could not be tagged: out of luck',
      hint: expect.stringContaining('all VMs have their previous tags'),
    });
    expect(libvirt.ran).toEqual([
      metadata(A, ...SET, '<machine category="router"/>', '--config'),
      metadata(B, ...SET, '<machine category="router"/>', '--config'),
      metadata(B, ...SET, '<machine category="router"/>', '--live'),
      metadata(C, ...SET, '<machine category="router"/>', '--live'),
      metadata(B, '--remove', '--live'),
      metadata(B, ...SET, '<machine category="host"/>', '--config'),
      metadata(A, '--remove', '--config'),
    ]);
  });

  test('that can not be put back says of which machine', async () => {
    const { libvirt, taggings } = await taggingOf('router');
    libvirt.failure = ([, uuid], count = libvirt.ran.length) =>
      uuid === C || (uuid === A && count > 4) ? 'out of luck' : null;
    await expect(tagMachines(libvirt, taggings)).rejects.toMatchObject({
      hint: expect.stringContaining('could not be restored: a;'),
    });
  });

  test('is looked at afterwards, and put back where it is not so', async () => {
    const { libvirt, taggings } = await taggingOf('router');
    await expect(tagMachines(libvirt, taggings)).rejects.toMatchObject({
      subject: 'a',
      message: expect.stringContaining('libvirt reported success, but the category did not change'),
    });
    expect(libvirt.ran).toHaveLength(8);
  });

  test('of nothing runs nothing', async () => {
    const { libvirt, taggings } = await taggingOf('host');
    await tagMachines(libvirt, taggings.slice(2));
    expect(libvirt.ran).toEqual([]);
  });
});
