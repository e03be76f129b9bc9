import { expect, test } from 'vitest';
import { BROKEN, UNREAD } from '../../../lib/base/known.ts';
import { readNetworks } from '../../../lib/libvirt/machine/read-networks.ts';
import type { VirshAnswer } from '../../../lib/libvirt/virsh.ts';

const answer = (output: string, error: string | null = null): VirshAnswer => ({ command: [], output, error });

/** Which networks are asked for, and what comes of it. */
async function read(documents: readonly string[], answers: readonly VirshAnswer[]) {
  const asked: (readonly string[])[] = [];
  const virsh = {
    async runAll(commands: readonly (readonly string[])[]) {
      asked.push(...commands);
      return answers;
    },
  };
  const networks = await readNetworks(
    virsh,
    documents.map((text) => answer(text)),
    true,
  );
  return { asked, networks: [...networks] };
}

const POOL =
  "<network><name>vfs</name><forward mode='hostdev' managed='yes'><pf dev='eth4'/></forward></network>";
const NAT = "<network><name>default</name><forward mode='nat'/></network>";

test('networks that machines name are asked for once, and are pools of VFs or not', async () => {
  const interfaces = ['vfs', 'default', 'vfs']
    .map((name) => `<interface type='network'><source network='${name}'/></interface>`)
    .join('');
  const { asked, networks } = await read([interfaces], [answer(POOL), answer(NAT)]);
  expect(asked).toEqual([
    ['net-dumpxml', '--network', 'vfs'],
    ['net-dumpxml', '--network', 'default'],
  ]);
  expect(networks).toMatchObject([
    ['vfs', { pf: 'eth4' }],
    ['default', null],
  ]);
});

test('one that is not there is none, and one that is not given is unknown', async () => {
  const documents = ['a&amp;b', 'c', 'd'].map((name) => `<source portgroup="x" network="${name}"/>`);
  const { asked, networks } = await read(documents, [
    answer('', 'Network not found: no network with matching name'),
    answer('', 'this function is not supported by the connection driver'),
    answer('<network'),
  ]);
  expect(asked[0]).toEqual(['net-dumpxml', '--network', 'a&b']);
  expect(networks).toEqual([
    ['a&b', null],
    ['c', UNREAD],
    ['d', BROKEN],
  ]);
});

test('nobody is asked where no network is named', async () => {
  const { asked } = await read(["<interface type='bridge'><source bridge='br0'/></interface>"], []);
  expect(asked).toEqual([]);
});
