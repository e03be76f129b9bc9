import { describe, expect, it } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';

const INTEL = ['--host', fixture('lab-intel'), ...BUNDLED_NAMES] as const;
/** The rules about what runs, which a captured host does not tell. */
const UNTOLD = 'session,node-open,net-stack';

interface PlanDocument {
  readonly title: string;
  readonly devices: readonly { address: string; asked: boolean; from: object; to: object }[];
  readonly staying: readonly { address: string; reason: string }[];
  readonly findings: readonly { name: string; severity: string; allowed: boolean }[];
  readonly steps: readonly { words: string; change: { kind: string } }[];
  readonly report: object | null;
}

const validate = validatorOf('plan', { strict: true });

async function planOf(...args: readonly string[]): Promise<PlanDocument> {
  const { stdout, stderr, exitCode } = await pciInside([...args, '--dry-run', '--json']);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as PlanDocument;
}

describe('pci bind', () => {
  it('takes the whole group, says who was asked for, and leaves ports alone', async () => {
    const pair = await planOf('bind', '03:00.1', ...INTEL);
    expect(pair.title).toBe('Bind group 15 to vfio-pci: 2 devices');
    expect(pair.devices.map(({ address, asked }) => [address, asked])).toEqual([
      ['0000:03:00.0', false],
      ['0000:03:00.1', true],
    ]);
    expect(pair.steps.map(({ change: { kind } }) => kind)).toEqual(['module', 'file', 'driver', 'driver']);

    const behindBridge = await planOf('bind', '09:01.0', ...INTEL);
    expect(behindBridge.devices.map(({ address }) => address)).toEqual(['0000:09:01.0', '0000:09:02.0']);
    expect(behindBridge.staying).toEqual([{ address: '0000:08:00.0', reason: 'port' }]);
  });

  it('tells twins with the same ids apart: one is asked for, and one moves', async () => {
    const { devices } = await planOf('bind', '06:00.0', ...INTEL);
    expect(devices).toEqual([
      {
        address: '0000:06:00.0',
        asked: true,
        from: { driver: 'e1000e', override: null },
        to: { driver: 'vfio-pci', override: 'vfio-pci' },
      },
    ]);
  });

  it('binds a device without a driver, and does nothing where nothing is to do', async () => {
    const { devices } = await planOf('bind', '07:00.0', ...INTEL);
    expect(devices).toMatchObject([{ address: '0000:07:00.0', from: { driver: null, override: null } }]);
    const bound = ['--host', fixture('lab-intel-vfio'), ...BUNDLED_NAMES];
    expect(await planOf('bind', 'driver=vfio-pci', ...bound)).toMatchObject({ devices: [], steps: [] });
    const { stdout, exitCode } = await pciInside(['bind', 'driver=vfio-pci', ...bound]);
    expect({ stdout, exitCode }).toEqual({
      stdout: '0000:01:10.2 is already on vfio-pci.\nNothing to do.\n',
      exitCode: 0,
    });
  });

  it('binds a device that gets its group only then, as under a virtio-iommu', async () => {
    const virtio = ['--host', fixture('lab-virtio'), ...BUNDLED_NAMES];
    const { title, devices } = await planOf('bind', '07:00.0', ...virtio);
    expect(title).toBe('Bind 0000:07:00.0 to vfio-pci: 1 device');
    expect(devices.map(({ address }) => address)).toEqual(['0000:07:00.0']);
  });

  it.each([
    ['a port', ['00:04.0', ...INTEL], 4, 'CANNOT_BE_GIVEN'],
    ['a PF that has VFs', ['01:00.0', '--host', fixture('lab-intel-vfio')], 4, 'CANNOT_BE_GIVEN'],
    ['a device of a host without an IOMMU', ['07:00.0', '--host', fixture('lab-none')], 6, 'NO_IOMMU'],
    ['a captured host, without --dry-run', ['07:00.0', ...INTEL], 2, 'BAD_ARGUMENT'],
    ['a device that is not there', ['77:00.0', ...INTEL], 3, 'DEVICE_NOT_FOUND'],
    ['a kind of which there is none', ['driver=radeon', ...INTEL], 3, 'DEVICE_NOT_FOUND'],
  ])('refuses %s', async (_, args, exitCode, code) => {
    const outcome = await pciInside(['bind', ...args]);
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(outcome.stderr).toContain(`[${code}]`);
  });

  it('shows the plan in words', async () => {
    const { stdout } = await pciInside(['bind', '03:00.0', '--dry-run', ...INTEL]);
    expect(stdout).toContain(
      '0000:03:00.1  Intel 82574L Gigabit Network Connection  e1000e → vfio-pci  same IOMMU group',
    );
    expect(stdout).toContain('host loses enp3s0f1 (down)');
    expect(stdout).toContain('  4  0000:03:00.1: from e1000e to vfio-pci\n');
  });
});

describe('what the host uses', () => {
  const namesOf = ({ findings }: PlanDocument, severity: string) =>
    [...new Set(findings.filter((each) => each.severity === severity).map(({ name }) => name))].sort();

  async function refusedPlan(...args: readonly string[]): Promise<PlanDocument> {
    const { stdout, exitCode } = await pciInside(['bind', ...args, ...INTEL, '--dry-run', '--json']);
    expect(exitCode).toBe(4);
    return JSON.parse(stdout) as PlanDocument;
  }

  it('is not taken: the disk that it runs from, for good', async () => {
    expect(namesOf(await refusedPlan('block=vda'), 'forbids')).toEqual(['system-disk']);
    const { stdout } = await pciInside([
      'bind',
      'block=vda',
      '--dry-run',
      '--allow',
      'system-disk',
      ...INTEL,
    ]);
    expect(stdout).toMatch(
      /Refused for 1 reason:\n {2}system-disk {2}00:02\.0 contains the root file system: vda on \//,
    );
  });

  it('is not taken: its uplink, unless each reason is accepted by its name', async () => {
    const reasons = namesOf(await refusedPlan('netdev=enp0s10'), 'refuses');
    expect(reasons).toEqual(['net-address', 'net-default-route']);
    await refusedPlan('netdev=enp0s10', '--allow', 'net-address');
    const allowed = reasons.flatMap((name) => ['--allow', name]);
    const { findings } = await planOf('bind', 'netdev=enp0s10', ...allowed, ...INTEL);
    const accepted = findings.filter((each) => each.allowed).map(({ name }) => name);
    expect([...new Set(accepted)].sort()).toEqual(reasons);
    const { stdout } = await pciInside(['bind', 'netdev=enp0s10', '--dry-run', ...allowed, ...INTEL]);
    expect(stdout).toContain('\nAccepted:\n');
    expect(stdout).not.toContain('Refused');
  });

  it('is taken with a word on how to get it back, where a person may need it to reach the host', async () => {
    const allowed = ['--allow', 'net-address,net-default-route'];
    const show = async (...args: readonly string[]): Promise<string> =>
      (await pciInside(['bind', ...args, '--allow', UNTOLD, '--dry-run', ...INTEL])).stdout;
    const advice =
      '\nThis may disconnect you. With --confirm-within 60s the change is undone unless you confirm it.\n';
    expect((await show('netdev=enp0s10', ...allowed)).endsWith(advice)).toBe(true);
    expect(await show('netdev=enp0s10')).not.toContain('confirm');
    const asked = await show('netdev=enp0s10', ...allowed, '--confirm-within', '2m');
    expect(asked).not.toContain(advice);
    expect(asked).toMatch(
      /\nThe change is undone unless you confirm it within 2 min after the last step\.\n$/,
    );
    expect(await show('07:00.0', '--confirm-within', '60s')).toContain(
      'confirm it within 60 s after the last step.\n',
    );
  });

  it('is not written into a script', async () => {
    const outcome = await pciInside(['bind', 'netdev=enp0s10', '--script', ...INTEL]);
    expect(outcome).toMatchObject({ exitCode: 4, stdout: '' });
    expect(outcome.stderr).toContain('[DEVICE_IN_USE]');
  });

  it('is accepted by names that there are', async () => {
    const outcome = await pciInside(['bind', '07:00.0', '--allow', 'net-adress', '--dry-run', ...INTEL]);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).toContain('did you mean net-address?');
  });
});

describe('pci unbind', () => {
  it('gives back what another bound to what the kernel finds', async () => {
    const bound = ['--host', fixture('lab-intel-vfio'), ...BUNDLED_NAMES];
    const { devices, title } = await planOf('unbind', '01:10.2', ...bound);
    expect(title).toBe('Return group 23 to the host: 1 device');
    expect(devices).toMatchObject([{ address: '0000:01:10.2', to: { driver: '*', override: null } }]);
  });

  it('has nothing to do for what is the host’s', async () => {
    expect(await planOf('unbind', '03:00.0', ...INTEL)).toMatchObject({ devices: [], steps: [] });
  });
});
