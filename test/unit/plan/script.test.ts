import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../../lib/base/shell-command.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Change } from '../../../lib/plan/change.ts';
import { INITRAMFS_STATE_PATH, STALE } from '../../../lib/plan/change-states.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { formatScript } from '../../../lib/plan/script/script.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ADDRESS = '0000:03:00.0' as PciAddress;

function planWith(driver: string, text: string): Plan {
  return {
    title: `Give group 1 to ${driver}`,
    guards: [{ address: ADDRESS, id: '8086:10d3', subsystem: null, iommuGroup: 1 }],
    steps: [
      { words: `load ${driver}`, change: { kind: 'module', module: driver, driver, from: false, to: true } },
      { words: 'a file', change: { kind: 'file', path: '/run/portal-gun/a', from: null, to: text } },
      {
        words: `${ADDRESS}: to ${driver}`,
        change: {
          kind: 'driver',
          address: ADDRESS,
          from: { driver: 'e1000e', override: null },
          to: { driver, override: driver },
        },
      },
    ],
  };
}

describe('a plan as a script', () => {
  const folder = temporaryFolder();

  it('is one that a shell can read, whatever names the host has', () => {
    const names = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 12 })
      .filter((name) => !name.includes('\0'));
    fc.assert(
      fc.property(names, names, (driver, text) => {
        const script = formatScript(planWith(driver, text), '0.0.0');
        execFileSync('sh', ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] });
      }),
      { numRuns: 50 },
    );
  });

  it('sets VFs up once, and gives them their drivers after their settings', () => {
    const driver = { driver: 'vfio-pci', override: 'vfio-pci' };
    const plan: Plan = {
      ...planWith('vfio-pci', ''),
      steps: [
        { words: 'up', change: { kind: 'link', address: ADDRESS, from: false, to: true } },
        {
          words: 'VFs',
          change: {
            kind: 'vfs',
            address: ADDRESS,
            from: { count: 1, autoprobe: true, vfs: [] },
            to: {
              count: 2,
              autoprobe: true,
              vfs: [
                { index: 0, settings: { mac: '02:00:00:00:00:01', trust: true }, driver },
                { index: 1, settings: {}, driver: { driver: '*', override: null } },
              ],
            },
          },
        },
      ],
    };
    const script = formatScript(plan, '0.0.0');
    execFileSync('sh', ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] });
    expect(script).toContain(
      [
        '# up',
        `ip link set dev "$(net ${ADDRESS})" up`,
        '',
        '# VFs',
        `take_vfs ${ADDRESS} 2`,
        `vfs ${ADDRESS} 2 0`,
        `ip link set dev "$(net ${ADDRESS})" vf 0 mac 02:00:00:00:00:01 trust on`,
        `echo 1 > /sys/bus/pci/devices/${ADDRESS}/sriov_drivers_autoprobe`,
        `move "$(vf ${ADDRESS} 0)" vfio-pci vfio-pci`,
        `probe "$(vf ${ADDRESS} 1)"`,
        '',
      ].join('\n'),
    );
    expect(formatScript(planWith('vfio-pci', ''), '0.0.0')).not.toContain('sriov_numvfs');
  });

  it('has words that are one word of a shell, whatever is in them', () => {
    const words = fc
      .string({ unit: 'binary', maxLength: 20 })
      .filter((word) => !/[\0\ud800-\udfff]/.test(word));
    fc.assert(
      fc.property(words, (word) => {
        const said = execFileSync('sh', ['-c', `printf %s ${quote(word)}`]);
        expect(said.toString('utf8')).toBe(word);
      }),
      { numRuns: 50 },
    );
  });

  it('never goes on in a comment: what a name has of line ends does not end it', () => {
    const script = formatScript(planWith('evil\nrm -rf /tmp/x', 'a'), '0.0.0');
    expect(script.split('\n')).not.toContain('rm -rf /tmp/x');
    expect(script).toContain('# load evil\\x0arm -rf /tmp/x');
  });

  it('writes programs that may be run, and has the initramfs made until they hold what they should', () => {
    const state = `${folder}/initramfs`;
    const script = (change: Change): string =>
      formatScript({ title: 't', guards: [], steps: [{ words: 'w', change }] }, '0.0.0').replaceAll(
        INITRAMFS_STATE_PATH,
        state,
      );
    const run = (change: Change, update: string) => {
      const program = `#!/bin/sh\necho "$*" >> ${folder}/calls\n${update}\n`;
      writeFileSync(`${folder}/update-initramfs`, program, { mode: 0o755 });
      const env = { PATH: `${folder}:${process.env['PATH']}` };
      return spawnSync('sh', { input: script(change), encoding: 'utf8', env });
    };
    run({ kind: 'file', path: `${folder}/hook`, from: null, to: '#!/bin/sh\n', executable: true }, ':');
    expect(statSync(`${folder}/hook`).mode & 0o777).toBe(0o755);

    const made = { kind: 'initramfs', from: STALE, to: 'token' } as const;
    const idle = run(made, ':');
    expect(idle.status).toBe(1);
    expect(idle.stderr).toContain('the initramfs was not rebuilt');
    for (const status of [run(made, `echo token > ${state}`).status, run(made, 'exit 7').status])
      expect(status).toBe(0);
    const removed = { kind: 'initramfs', from: STALE, to: null } as const;
    expect(run(removed, 'exit 3').status).toBe(3);
    expect(existsSync(state)).toBe(true);
    for (const update of [':', 'exit 7']) expect(run(removed, update).status).toBe(0);
    expect(existsSync(state)).toBe(false);
    expect(readFileSync(`${folder}/calls`, 'utf8')).toBe('-u -k all\n'.repeat(4));
  });

  it('refuses a device whose ids are not known', () => {
    const plan = {
      ...planWith('vfio-pci', ''),
      guards: [{ address: ADDRESS, id: null, subsystem: null, iommuGroup: 1 }],
    };
    expect(() => formatScript(plan, '0.0.0')).toThrow('could not be read');
  });
});
