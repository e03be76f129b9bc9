import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import type { HostUse, TunnelHost } from '../../../lib/facts/host-use.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { block, linesOf, mount } from '../../support/host-use.ts';
import { nvmeDrive } from '../../support/things.ts';

const NHI = '0000:00:0d.2' as PciAddress;
const DISK = '0000:03:00.0' as PciAddress;
const port = (address: string, secondary: number, subordinate = secondary, under?: string): FunctionSpec => ({
  address,
  under,
  ids: '8086:9a25',
  classCode: '060400',
  driver: 'pcieport',
  bridge: { secondary, subordinate },
});
const drive = (under: string): FunctionSpec => ({
  address: DISK,
  under,
  ids: '144d:a808',
  classCode: '010802',
  driver: 'nvme',
  resetMethods: 'flr',
  below: nvmeDrive(0, 'EXAMPLE0', 2048),
});
const nhi = (address: string, under?: string): FunctionSpec => ({
  address,
  under,
  ids: '8086:9a1b',
  classCode: '0c0340',
  driver: 'thunderbolt',
  group: 3,
  resetMethods: 'flr',
});
const USE: Partial<HostUse> = {
  blocks: [block('nvme0n1', { functions: [DISK], number: '259:0' })],
  mounts: [mount('/dev/nvme0n1', '/', { number: '259:0' })],
};
const linesFor = (functions: readonly FunctionSpec[], tunnels: HostUse['tunnels'], take: string) =>
  linesOf({ functions, use: { ...USE, tunnels }, take: [take] });

describe('a Thunderbolt host interface', () => {
  const integrated = [nhi(NHI), port('0000:00:07.0', 3), drive('0000:00:07.0')];
  const tunnel = (ports: TunnelHost['ports']): readonly TunnelHost[] => [{ function: NHI, ports }];

  it('takes the disks along that are reached by its tunnels', () => {
    expect(linesFor(integrated, tunnel(['0000:00:07.0' as PciAddress]), NHI)).toEqual([
      'tunnel refuses 00:0d.2 connects Thunderbolt devices: 0000:03:00.0',
      'system-disk forbids 03:00.0 contains the root file system: nvme0n1 on /',
    ]);
  });

  it('is free if nothing is behind the ports', () => {
    expect(linesFor(integrated.slice(0, 2), tunnel(['0000:00:07.0' as PciAddress]), NHI)).toEqual([]);
    expect(linesFor(integrated, tunnel([]), NHI)).toEqual([]);
  });

  it('is not cleared if it is not known which ports depend on it', () => {
    for (const unknown of [DENIED, tunnel(BROKEN)]) {
      const [line, ...others] = linesFor(integrated, unknown, NHI);
      expect(line).toMatch(/^tunnel unknown 00:0d.2 cannot be checked for devices behind/);
      expect(others).toEqual([]);
    }
    const nic = { ...nhi('0000:00:04.0'), classCode: '020000', driver: undefined };
    expect(linesFor([nic], DENIED, '0000:00:04.0')).toEqual([]);
  });

  it('of a switch of its own takes along what is deeper than itself', () => {
    const functions = [
      port('0000:00:1c.0', 1, 9),
      port('0000:01:00.0', 2, 9, '0000:00:1c.0'),
      port('0000:02:00.0', 8, 8, '0000:01:00.0'),
      nhi('0000:08:00.0', '0000:02:00.0'),
      port('0000:02:01.0', 3, 7, '0000:01:00.0'),
      port('0000:04:00.0', 5, 7, '0000:02:01.0'),
      { ...drive('0000:04:00.0') },
    ];
    const tunnels = [{ function: '0000:08:00.0' as PciAddress, ports: [] }];
    expect(linesFor(functions, tunnels, '0000:08:00.0')).toContain(
      'system-disk forbids 03:00.0 contains the root file system: nvme0n1 on /',
    );
    const shallow = [...functions.slice(0, 5), drive('0000:02:01.0')];
    expect(linesFor(shallow, tunnels, '0000:08:00.0')).toEqual([]);
  });
});
