import { describe, expect, it } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import type { Run, Runner } from '../../../lib/host/runner.ts';
import { PF_FIELDS, readPfState } from '../../../lib/operations/sriov/pf-state.ts';
import { NO_VLAN } from '../../../lib/pci/sriov/vf-settings.ts';
import { fixture } from '../../support/pci-program.ts';
import { readHost } from '../../support/reading.ts';
import { NETWORK_PF, NVME_PF } from '../../support/vf-plans.ts';

const host = openHost(fixture('lab-intel-vfio'));
const inventory = { ...readHost(host, PF_FIELDS), host: { label: 'a' }, iommu: true, diagnostics: [] };

function situationBy(run: Run, address = NETWORK_PF) {
  const pf = inventory.devices.find((device) => device.address === address);
  if (pf === undefined) throw new Error(`there is no ${address}`);
  const runner: Runner = { run: async () => run };
  return readPfState(host, runner, inventory, pf);
}

const said = (stdout: string, stderr = '', exitCode = 0): Run => ({
  kind: 'exited',
  exitCode,
  stdout,
  stderr,
});

describe('what is known of a PF before it is changed', () => {
  it('is its VFs by index, its interface, and what stable MACs are made of', async () => {
    const link = {
      ifname: 'enp1s0',
      flags: ['UP'],
      address: '52:54:00:00:00:02',
      vfinfo_list: [{ vf: 1, trust: true }],
    };
    const { vfs, link: read, card } = await situationBy(said(JSON.stringify([link])));
    expect(vfs.map(({ address }) => address)).toEqual(['0000:01:10.0', '0000:01:10.2', '0000:01:10.4']);
    expect(read).toEqual({
      interface: 'enp1s0',
      isUp: true,
      mac: '52:54:00:00:00:02',
      vfs: new Map([[1, { trust: true, vlan: NO_VLAN }]]),
    });
    expect(card).toBe('52:54:00:00:00:02');
  });

  it('is less where it is no network card: ip is not asked', async () => {
    expect(await situationBy({ kind: 'missing' }, NVME_PF)).toMatchObject({ link: null, card: null });
  });

  it.each([
    [{ kind: 'missing' }, 'TOOL_MISSING', 'is not installed'],
    [{ kind: 'failed', detail: 'did not end within 60 s' }, 'TOOL_FAILED', 'ip did not end within 60 s'],
    [said('', 'Device "enp1s0" does not exist.\n', 1), 'TOOL_FAILED', 'Device "enp1s0" does not exist.'],
    [said('', 'RTNETLINK answers: Operation not permitted\n', 2), 'TOOL_FAILED', 'Operation not permitted'],
    [said('', '', 255), 'TOOL_FAILED', 'ip exits with 255'],
    [said('enp1s0: <UP>'), 'TOOL_FAILED', 'ip does not say what enp1s0 is'],
  ] as const)('can not be told where ip answers %j', async (run, code, message) => {
    await expect(situationBy(run)).rejects.toMatchObject({ code, message });
  });
});
