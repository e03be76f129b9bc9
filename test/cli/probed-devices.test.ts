import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { safetyProblem } from '../../lib/apply/step-safety.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { refuseStart } from '../../lib/operations/assignment/guard-start.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { FakeVirsh } from '../support/fake-virsh.ts';
import { domainXml, uuidOf } from '../support/made-up-libvirt.ts';
import { fixture, pciInside, words } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOST = fixture('lab-intel-vfio');
const PORTS = [1, 2, 3]
  .map((index) => `<controller type='pci' index='${index}' model='pcie-root-port'/>`)
  .join('');
const MACHINE = domainXml(
  'galaxy0',
  uuidOf(1),
  `<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices><controller type='pci' index='0' model='pcie-root'/>${PORTS}</devices>`,
);

/** A libvirt with one machine, which is off. */
function libvirt(): FakeVirsh {
  return new FakeVirsh(([command, ...more]) => {
    if (command === 'list') {
      const isOther = ['--transient', '--state-running', '--state-paused', '--with-managed-save'];
      return { output: more.some((word) => isOther.includes(word)) ? '' : uuidOf(1) };
    }
    return command === 'dumpxml' ? { output: MACHINE } : { error: `unknown command: ${command}` };
  });
}

/** The functions whose configuration space or product data is opened meanwhile, without their domain. */
async function openedBy(act: () => unknown): Promise<string> {
  const opened = new Set<string>();
  const read = SnapshotHost.prototype.readBytes;
  const reading = vi.spyOn(SnapshotHost.prototype, 'readBytes');
  reading.mockImplementation(function (this: SnapshotHost, path) {
    const found = /\/0000:([^/]+)\/(?:config|vpd)$/.exec(path);
    if (found?.[1] !== undefined) opened.add(found[1]);
    return read.call(this, path);
  });
  const virsh = libvirt();
  vi.spyOn(LiveRunner.prototype, 'run').mockImplementation((...args) => virsh.run(...args));
  await act();
  return [...opened].sort().join(' ');
}

const folder = temporaryFolder();

afterEach(() => void vi.restoreAllMocks());

/** What a command is asked about, and what of a device it opens: its group, the ports above it, and nothing else. */
const BEHIND_A_SWITCH = '00:07.0 04:00.0 05:00.0 06:00.0';
/** Those that ids do not tell from 06:00.0, which it is known again by when it moves. */
const TWINS = '00:0a.0 03:00.0 03:00.1';

const CASES: readonly (readonly [line: string, opened: string])[] = [
  ['show 03:00.0', '03:00.0 03:00.1'],
  ['groups 03:00.0', '03:00.0 03:00.1'],
  ['list 03:00.0 --wide', ''],
  ['tree 03:00.0', ''],
  ['xml 06:00.0', BEHIND_A_SWITCH],
  ['validate 06:00.0', BEHIND_A_SWITCH],
  ['validate 06:00.0 --for sriov --for gpu', BEHIND_A_SWITCH],
  ['bind 06:00.0 --dry-run', BEHIND_A_SWITCH],
  ['unbind 06:00.0 --dry-run', BEHIND_A_SWITCH],
  ['bind 06:00.0 --persist --dry-run', sorted(BEHIND_A_SWITCH, TWINS)],
  ['unbind 06:00.0 --persist --dry-run', sorted(BEHIND_A_SWITCH, TWINS)],
  ['sriov list 01:00.0', ''],
  ['sriov set 01:00.0 --vfs 2 --dry-run', '00:04.0 01:00.0'],
  ['sriov set 01:00.0 --vfs 2 --persist --dry-run', '00:04.0 01:00.0'],
  ['rom list 06:00.0', ''],
  ['rom dump 06:00.0 -o card.rom --dry-run', ''],
  ['assign 06:00.0 --machine galaxy0 --dry-run', BEHIND_A_SWITCH],
  ['assign 01:10.2 --machine galaxy0 --dry-run', '00:04.0 01:00.0 01:10.2'],
  ['assign 01:00.0 --policy vf-pool --machine galaxy0 --dry-run', '00:04.0 01:00.0 01:10.0 01:10.2 01:10.4'],
  ['unassign 06:00.0 --dry-run', sorted('06:00.0', TWINS)],
  ['unassign 01:10.2 --dry-run', '01:00.0 01:10.2'],
];

function sorted(...lists: readonly string[]): string {
  return lists
    .flatMap((list) => list.split(' '))
    .sort()
    .join(' ');
}

describe('a question about one device opens what that device gives itself, and what it goes with', () => {
  it.each(CASES)('pci %s', async (line, opened) => {
    const act = async (): Promise<void> => {
      const { exitCode, stdout, stderr } = await pciInside([...words(line), '--host', HOST]);
      // Also a refusal is an answer.
      expect([0, 1, 4], stderr + stdout).toContain(exitCode);
    };
    expect(await openedBy(act)).toBe(opened);
  });

  it.each([false, true])('pci apply, with persist: %s', async (persist) => {
    const path = join(folder, 'policy.yaml');
    writeFileSync(path, `portal-gun: policy/v1\nbindings:\n  - "06:00.0"\npersist: ${persist}\n`);
    const act = async (): Promise<void> => {
      const { exitCode, stderr } = await pciInside(['apply', path, '--dry-run', '--host', HOST]);
      expect([0, 4], stderr).toContain(exitCode);
    };
    expect(await openedBy(act)).toBe(persist ? sorted(BEHIND_A_SWITCH, TWINS) : BEHIND_A_SWITCH);
  });

  it('pci guard-start', async () => {
    const source = "<source><address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/></source>";
    const given = `<devices><hostdev mode='subsystem' type='pci' managed='yes'>${source}</hostdev></devices>`;
    const document = parseXml(domainXml('galaxy0', uuidOf(1), given), 'the machine');
    const act = (): void => expect(() => refuseStart(openHost(HOST), document)).toThrow('0000:06:00.0');
    expect(await openedBy(act)).toBe(BEHIND_A_SWITCH);
  });

  it('a step of a plan', async () => {
    const address = '0000:06:00.0' as PciAddress;
    const host = openHost(HOST);
    const change = {
      kind: 'driver',
      address,
      from: { driver: 'e1000e', override: null },
      to: { driver: 'vfio-pci', override: 'vfio-pci' },
    } as const;
    const act = (): unknown => safetyProblem(host, change, 'to', new Set());
    expect(await openedBy(act)).toBe(BEHIND_A_SWITCH);
  });
});

it.each([
  'validate',
  // What the machine has is known only afterwards.
  'validate 06:00.0 --machine galaxy0 --connect qemu:///system',
])('pci %s opens all that the host has', async (line) => {
  const opened = await openedBy(() => pciInside([...words(line), '--host', HOST]));
  expect(opened.split(' ')).toHaveLength(35);
});
