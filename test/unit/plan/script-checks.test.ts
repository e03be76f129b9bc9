import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../lib/checks/finding.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Change } from '../../../lib/plan/change.ts';
import type { Guard } from '../../../lib/plan/guard.ts';
import { formatScript } from '../../../lib/plan/script/script.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ADDRESS = '0000:03:00.0' as PciAddress;
const GUARD: Guard = { address: ADDRESS, id: '8086:10d3', subsystem: '8086:0001', iommuGroup: 7 };
const TAKE: Change = {
  ...{ kind: 'driver', address: ADDRESS },
  ...{ from: { driver: 'host', override: null }, to: { driver: 'vfio-pci', override: 'vfio-pci' } },
};
const folder = temporaryFolder();
const root = join(folder, 'host');
const bin = join(folder, 'bin');
const device = `${root}/sys/devices/pci0000:00/${ADDRESS}`;

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** A host with a device that has a disk, an interface and a node, and nothing of it is used. */
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  const files = {
    vendor: '0x8086',
    device: '0x10d3',
    subsystem_vendor: '0x8086',
    subsystem_device: '0x0001',
  };
  for (const [name, text] of Object.entries(files)) put(`${device}/${name}`, `${text}\n`);
  put(`${device}/driver_override`, '(null)\n');
  link(`${device}/driver`, '/drivers/host');
  link(`${device}/iommu_group`, '/groups/7');
  link(`${root}/sys/bus/pci/devices/${ADDRESS}`, device);
  const disk = `${device}/block/sda`;
  put(`${disk}/dev`, '8:0\n');
  mkdirSync(`${disk}/holders`);
  link(`${disk}/subsystem`, '/class/block');
  put(`${device}/net/eth7/ifindex`, '7\n');
  // The number of /dev/null: a file is opened below that can be.
  put(`${device}/sound/dev`, '1:3\n');
  link(`${device}/sound/subsystem`, '/class/sound');
  put(`${root}/proc/1/mountinfo`, '29 1 0:77 / / rw - tmpfs rootfs rw\n');
  put(`${root}/proc/swaps`, 'Filename Type Size Used Priority\n');
  link(`${root}/proc/1/fd/3`, '/dev/zero');
  put(join(bin, 'ip'), '#!/bin/sh\n[ "$*" != "$(cat "$SAID.of" 2> /dev/null)" ] || cat "$SAID"\n');
  spawnSync('chmod', ['755', join(bin, 'ip')]);
  put(`${folder}/said`, '');
  put(`${folder}/said.of`, '');
});

function run(changes: readonly Change[] = [TAKE], findings: readonly Finding[] = [], guard: Guard = GUARD) {
  const plan = { title: 't', guards: [guard], steps: changes.map((change) => ({ words: 'w', change })) };
  const allowed = new Set(findings.map(({ name }) => name));
  const text = formatScript(plan, '0.0.0', { findings, allowed });
  const script = text.replaceAll('/sys/', `${root}/sys/`).replaceAll('/proc/', `${root}/proc/`);
  const env = { PATH: `${bin}:${process.env['PATH']}`, SAID: `${folder}/said` };
  const { status, stderr } = spawnSync('sh', { input: script, encoding: 'utf8', env });
  return { text, status, problem: stderr.trim().replace(/^.*?: /, '') };
}

const overrideNow = (): string => readFileSync(`${device}/driver_override`, 'utf8');

describe('a script looks for itself, before it changes anything, and', () => {
  it('goes on where nothing is used', () => {
    // The device of this host is no device: it does not change its driver.
    expect(run().problem).not.toContain('use');
    expect(overrideNow()).toBe('vfio-pci\n');
  });

  const mount = (line: string) => put(`${root}/proc/1/mountinfo`, line);
  const says = (words: string, answer: string): void => {
    put(`${folder}/said.of`, words);
    put(`${folder}/said`, answer);
  };
  it.each<[string, () => void, string]>([
    ['a disk is mounted', () => mount('29 1 8:0 / /srv rw - ext4 /dev/sda rw\n'), 'sda is mounted'],
    [
      'it is, of several',
      () => mount('29 1 0:40 / /srv rw shared:1 - btrfs /dev/sda rw\n'),
      'sda is mounted',
    ],
    ['it is swap', () => put(`${root}/proc/swaps`, 'Filename\n/dev/sda partition 1 0 -2\n'), 'sda is swap'],
    ['something is made of it', () => put(`${device}/block/sda/holders/dm-0`, ''), 'sda is part of '],
    [
      'its interface has an address',
      () => says('-o addr show dev eth7 scope global', 'a'),
      'eth7 has an address',
    ],
    ['its interface has a route', () => says('-4 route show dev eth7', 'default'), 'eth7 has a route'],
    ['its interface is in a bridge', () => put(`${device}/net/eth7/upper_br0`, ''), 'eth7 is part of br0'],
    [
      'a node of it is open',
      () => link(`${root}/proc/1/fd/4`, '/dev/null'),
      'a process has a node of it open',
    ],
  ])('stops where %s', (_, use, problem) => {
    use();
    const outcome = run();
    expect(outcome).toMatchObject({ status: 1, problem: expect.stringContaining(problem) });
    expect(outcome.problem).toContain(`${ADDRESS} is in use`);
    expect(overrideNow()).toBe('(null)\n');
  });

  it('passes over what was found when it was made, and allowed, and says that', () => {
    mount('29 1 8:0 / /srv rw - ext4 /dev/sda rw\n');
    const finding = { name: 'mounted', severity: 'refuses', ruleSeverity: 'refuses' } as Finding;
    const { problem, text } = run([TAKE], [finding]);
    expect(problem).not.toContain('use');
    expect(text).toContain('# Accepted findings: mounted.\n');
    // What could not be told may be so by now.
    expect(run([TAKE], [{ ...finding, severity: 'unknown' }]).problem).toContain('sda is mounted');
  });

  it.each([
    ['ids', { id: '8086:10d4' }, 'another device is at'],
    ['ids of its subsystem', { subsystem: '8086:0002' }, 'another device is at'],
    ['IOMMU group', { iommuGroup: 8 }, 'is not in IOMMU group 8'],
  ])('stops where another device is there by its %s', (_, facts, problem) => {
    expect(run([TAKE], [], { ...GUARD, ...facts })).toMatchObject({
      status: 1,
      problem: expect.stringContaining(problem),
    });
    expect(overrideNow()).toBe('(null)\n');
  });

  it('makes no fewer VFs while one of them is used', () => {
    put(`${device}/sriov_numvfs`, '1\n');
    link(`${device}/virtfn0`, `../${ADDRESS}`);
    const vfs = { autoprobe: null, vfs: [] };
    const change: Change = {
      ...{ kind: 'vfs', address: ADDRESS },
      ...{ from: { count: 1, ...vfs }, to: { count: 0, ...vfs } },
    };
    put(`${device}/net/eth7/upper_br0`, '');
    expect(run([change]).problem).toContain('eth7 is part of br0');
    expect(readFileSync(`${device}/sriov_numvfs`, 'utf8')).toBe('1\n');
  });
});
