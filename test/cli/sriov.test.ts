import { describe, expect, it } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';

const NO_VFS = ['--host', fixture('lab-intel'), ...BUNDLED_NAMES] as const;
const THREE_VFS = ['--host', fixture('lab-intel-vfio'), ...BUNDLED_NAMES] as const;

interface PlanDocument {
  readonly title: string;
  readonly pfs: readonly { lost: readonly string[]; goesUp: boolean; to: { vfs: readonly object[] } }[];
  readonly findings: readonly { name: string; severity: string; subject: string }[];
  readonly steps: readonly { change: { kind: string; to: unknown } }[];
}

const validate = validatorOf('plan', { strict: true });

async function planOf(...args: readonly string[]): Promise<PlanDocument> {
  const { stdout, exitCode } = await pciInside(['sriov', 'set', ...args, '--dry-run', '--json']);
  expect(exitCode).toBe(0);
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as PlanDocument;
}

describe('pci sriov list', () => {
  it('shows each PF with its VFs, and says what a captured host does not tell', async () => {
    const { stdout, stderr, exitCode } = await pciInside(['sriov', 'list', ...THREE_VFS]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('pci: a snapshot does not contain the settings of VFs: run it on the host itself\n');
    expect(stdout).toContain(
      '0000:01:00.0  Intel 82576 Gigabit Network Connection: 3 of 7 VFs · driver igb · autoprobe on · enp1s0 down\n',
    );
    expect(stdout).toMatch(/\n {2}1 {3}0000:01:10\.2 {2}vfio-pci {2}23 {5}- /);
    expect(stdout).toContain('0000:02:00.0  Red Hat QEMU NVM Express Controller: 2 of 4 VFs');
    expect(stdout.endsWith('\n\n2 PFs, 5 VFs.\n')).toBe(true);
  });

  it('takes a VF for its PF, and fits a terminal', async () => {
    const { stdout } = await pciInside(['sriov', 'list', '01:10.2', ...THREE_VFS], 60);
    expect(stdout).toContain('0000:01:10.4');
    expect(stdout).not.toContain('0000:02:00.0');
    expect(stdout.split('\n').filter((line) => line.length > 60)).toEqual([]);
  });

  it('says where there is nothing of the kind', async () => {
    expect(await pciInside(['sriov', 'list', 'class=display', ...NO_VFS])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'pci: none of these devices can have VFs\n',
    });
    const plain = await pciInside(['sriov', 'list', '--host', fixture('gpu-desktop'), ...BUNDLED_NAMES]);
    expect(plain).toMatchObject({
      stdout: '',
      stderr: 'pci: no device of the host can have VFs\n',
    });
  });
});

describe('pci sriov set', () => {
  it('shows the plan in words', async () => {
    const args = ['--vfs', '2', '--vlan', '100', '--vf', '1:trust=on,vlan=none', '--dry-run', ...NO_VFS];
    const { stdout } = await pciInside(['sriov', 'set', '01:00.0', ...args]);
    expect(stdout).toContain('Change 0000:01:00.0 (enp1s0) from 0 VFs to 2\n');
    expect(stdout).toMatch(/\n {2}VF 0 {2}new {2}MAC [0-9a-f:]{17}, VLAN 100\n/);
    expect(stdout).toMatch(/\n {2}VF 1 {2}new {2}MAC [0-9a-f:]{17}, no VLAN, trust on\n/);
    expect(stdout).toContain('  1  0000:01:00.0: set enp1s0 up');
    expect(stdout).toContain('  2  0000:01:00.0: from 0 VFs to 2; configure each\n');
  });

  it('takes settings for all and for one, the latter first', async () => {
    const { steps } = await planOf(
      ...['01:00.0', '--vfs', '2', '--no-up', '--mac', 'driver', '--rate', '100', '--spoof-check', 'off'],
      ...['--vf', '1:mac=02:00:00:00:00:0A,vlan=100/5,rate=10-20', '--vf', '1:link=enable', ...NO_VFS],
    );
    const rate = { min: 0, max: 100 };
    expect(steps.map(({ change }) => change)).toMatchObject([
      {
        kind: 'vfs',
        to: {
          count: 2,
          autoprobe: true,
          vfs: [
            { index: 0, settings: { spoofCheck: false, rate } },
            {
              index: 1,
              settings: {
                mac: '02:00:00:00:00:0a',
                vlan: { id: 100, qos: 5, protocol: '802.1Q' },
                spoofCheck: false,
                linkState: 'enable',
                rate: { min: 10, max: 20 },
              },
            },
          ],
        },
      },
    ]);
  });

  it('tells which VFs go, and what becomes of their drivers', async () => {
    const { pfs, findings } = await planOf('01:00.0', '--vfs', '2', ...THREE_VFS);
    expect(pfs).toMatchObject([
      {
        lost: ['0000:01:10.0', '0000:01:10.2', '0000:01:10.4'],
        to: { vfs: [{ driver: { driver: '*' } }, { driver: { driver: 'vfio-pci', override: 'vfio-pci' } }] },
      },
    ]);
    // What can't be known of a captured host is in the way of a change, and not of a look.
    expect(findings.map(({ name, severity, subject }) => [name, severity, subject])).toContainEqual([
      'machine-has-it',
      'unknown',
      '0000:01:10.2',
    ]);
  });

  it('does nothing where nothing is to do', async () => {
    const { stdout, exitCode } = await pciInside(['sriov', 'set', '02:00.0', '--vfs', '2', ...THREE_VFS]);
    expect({ stdout, exitCode }).toEqual({
      stdout: '0000:02:00.0 has 2 VFs, as asked.\nNothing to do.\n',
      exitCode: 0,
    });
  });

  it.each([
    [['--vfs=-1'], '--vfs: invalid value "-1"'],
    [['--vfs', 'four'], '--vfs: invalid value "four"'],
    [['--vfs', '2', '--vlan', '4095'], '--vlan: invalid value "4095"'],
    [['--vfs', '2', '--vlan', '5/8'], '--vlan: invalid value "5/8"'],
    [['--vfs', '2', '--mac', '01:00:00:00:00:01'], '--mac: invalid value "01:00:00:00:00:01"'],
    [['--vfs', '2', '--mac', '00:00:00:00:00:00'], '--mac: invalid value'],
    [['--vfs', '2', '--trust', 'yes'], '--trust: invalid value "yes"'],
    [['--vfs', '2', '--link', 'up'], '--link: invalid value "up"'],
    [['--vfs', '2', '--rate', '9-3'], '--rate: invalid value "9-3"'],
    [['--vfs', '2', '--vf', 'vlan=3'], '--vf: invalid value "vlan=3"'],
    [['--vfs', '2', '--vf', '1:trust'], '"trust" is not a setting of a VF'],
    [['--vfs', '2', '--vf', '1:__proto__=1'], '"__proto__=1" is not a setting of a VF'],
  ])('refuses %j', async (options, said) => {
    const { stderr, exitCode } = await pciInside(['sriov', 'set', '01:00.0', ...options, ...NO_VFS]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
  });
});
