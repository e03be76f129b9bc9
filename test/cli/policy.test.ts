import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, fixture, type Outcome, pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const FILE = join(folder, 'policy.yaml');

/** Runs `pci apply` on a captured host, by default one that has an IOMMU and nothing on vfio-pci. */
async function apply(policy: string, args: readonly string[], host = 'lab-intel'): Promise<Outcome> {
  writeFileSync(FILE, `portal-gun: policy/v1\n${policy}`);
  return pciInside(['apply', FILE, ...args, '--host', fixture(host), ...BUNDLED_NAMES]);
}

interface Report {
  readonly different: boolean;
  readonly plans: readonly {
    readonly title: string;
    readonly devices: readonly { address: string; asked: boolean; to: { driver: string } }[];
    readonly pfs: readonly { to: { count: number; vfs: readonly object[] } }[];
    readonly persistence: object | null;
    readonly steps: readonly { change: { kind: string } }[];
  }[];
  readonly postponed: readonly { at: string; device: string }[];
}

const validate = validatorOf('policy-report', { strict: true });

async function reportOf(policy: string, host?: string): Promise<Report & { exitCode: number | undefined }> {
  const { stdout, exitCode } = await apply(policy, ['--check', '--json'], host);
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return { ...(document as Report), exitCode };
}

describe('pci apply', () => {
  it('makes one plan of bindings and virtual functions, by selector and by what a device is', async () => {
    const { exitCode, different, plans, postponed } = await reportOf(`bindings:
  - 03:00.0
  - device: {id: 8086:10d3, path: 'pci0000:00/07.0/00.0/00.0/00.0'}
    driver: pci-stub
virtual-functions:
  - {device: netdev=enp1s0, count: 2, vlan: 100/2, vfs: {1: {trust: on, vlan: none}}}
`);
    expect({ exitCode, different, postponed }).toEqual({ exitCode: 1, different: true, postponed: [] });
    const [plan] = plans;
    expect(plan?.devices.map(({ address, asked, to }) => [address, asked, to.driver])).toEqual([
      ['0000:03:00.0', true, 'vfio-pci'],
      ['0000:03:00.1', false, 'vfio-pci'],
      ['0000:06:00.0', true, 'pci-stub'],
    ]);
    expect(plan?.pfs).toMatchObject([
      {
        to: {
          count: 2,
          vfs: [
            { index: 0, settings: { vlan: { id: 100, qos: 2 } } },
            { index: 1, settings: { vlan: { id: 0 }, trust: true } },
          ],
        },
      },
    ]);
    const kinds = plan?.steps.map(({ change }) => change.kind);
    expect(kinds).toEqual(['link', 'vfs', 'module', 'module', 'file', 'driver', 'driver', 'driver']);
  });

  it('says that nothing is different, and leaves alone what it does not speak of', async () => {
    const policy = 'bindings:\n  - driver=vfio-pci\nvirtual-functions:\n  - {device: 02:00.0, count: 2}\n';
    expect(await reportOf(policy, 'lab-intel-vfio')).toMatchObject({
      exitCode: 0,
      different: false,
      plans: [{ steps: [] }],
    });
    const { stdout, exitCode } = await apply('bindings:\n', []);
    expect({ stdout, exitCode }).toEqual({
      stdout: `The host matches ${FILE}.\nNothing to do.\n`,
      exitCode: 0,
    });
  });

  it('has devices back', async () => {
    const { plans } = await reportOf(
      'bindings:\n  - {device: driver=vfio-pci, driver: host}\n',
      'lab-intel-vfio',
    );
    expect(plans[0]?.devices.length).toBeGreaterThan(0);
    expect(plans[0]?.devices.every(({ to }) => to.driver === '*')).toBe(true);
  });

  it('leaves for a second plan what is about virtual functions that are not there', async () => {
    const policy =
      'bindings: ["01:10.0"]\nvirtual-functions:\n  - {device: 01:00.0, count: 2, driver: vfio-pci}\n';
    const { postponed, plans } = await reportOf(policy);
    expect(postponed.map(({ at, device }) => [at.replace(FILE, ''), device])).toEqual([
      [':4:14', '01:00.0'],
      [':2:12', '01:10.0'],
    ]);
    expect(plans[0]?.devices).toEqual([]);
    const { stderr } = await apply(policy, ['--dry-run']);
    expect(stderr).toContain(`${FILE}:2:12 (01:10.0): the device is looked up after the VFs are created\n`);
  });

  it('makes it so after each boot as well', async () => {
    const { plans } = await reportOf('persist: on\nbindings:\n  - 07:00.0\n');
    expect(plans[0]?.persistence).toMatchObject({ bindings: [{ address: '0000:07:00.0' }], ended: [] });
    expect(plans[0]?.steps.at(-1)?.change.kind).toBe('initramfs');
  });

  it('writes it as a script', async () => {
    const { stdout, exitCode } = await apply('bindings:\n  - 07:00.0\n', [
      '--script',
      '--allow',
      'session,node-open',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^#!\/bin\/sh\n[\s\S]*\nmove 0000:07:00\.0 vfio-pci vfio-pci\n$/);
  });

  it.each([
    ['bindings:\n  - 1f:00.0\n', 3, ':3:5 (1f:00.0): no such device on this host [DEVICE_NOT_FOUND]'],
    [
      'bindings:\n  - 03:00.0\n  - {device: 03:00.1, driver: host}\n',
      2,
      ':3:5: 0000:03:00.0 is to be on a VFIO driver, and 0000:03:00.1, of the same IOMMU group, by',
    ],
    [
      'bindings:\n  - 03:00.0\n  - {device: 03:00.0, driver: pci-stub}\n',
      2,
      ':3:5: 0000:03:00.0 is to be on a VFIO driver, and by',
    ],
    [
      'virtual-functions:\n  - {device: class=network, count: 1}\n',
      2,
      ':3:14 (class=network): matches 6 devices, but must match one [AMBIGUOUS_DEVICE]',
    ],
    [
      'virtual-functions:\n  - {device: 01:00.0, count: 1}\n  - {device: pf, count: 1}\n',
      2,
      ':4:14 (pf): matches 2 devices',
    ],
    [
      'virtual-functions:\n  - {device: 01:00.0, count: 1}\n  - {device: 01:00, count: 2}\n',
      2,
      ':4:14: the policy already contains 0000:01:00.0 [BAD_POLICY]',
    ],
    [
      'virtual-functions:\n  - {device: 01:00.0, count: 9}\n',
      2,
      ':3:14 (--vfs): 0000:01:00.0 can have 7 VFs at most [BAD_ARGUMENT]',
    ],
    ['virtual-functions:\n  - {device: 03:00.0, count: 1}\n', 6, ':3:14 (0000:03:00.0): is not a PF'],
  ])('refuses %j, and says where it stands', async (policy, exitCode, expected) => {
    const outcome = await apply(policy, ['--dry-run']);
    expect(outcome.stderr).toContain(`pci: ${FILE}${expected}`);
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
  });

  it('says without an IOMMU what to do about it, unless it is about virtual functions alone', async () => {
    expect(await apply('bindings:\n  - 03:00.0\n', ['--check'], 'lab-none')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('[NO_IOMMU]\nhint: '),
    });
    const policy = 'virtual-functions:\n  - {device: 01:00.0, count: 1}\n';
    expect(await apply(policy, ['--check'], 'lab-none')).toMatchObject({ exitCode: 1 });
  });
});
