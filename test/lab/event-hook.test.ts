import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { EVENTS_FOLDER } from '../../lib/machines/events/installed-scripts.ts';
import { HOST_EVENTS } from '../../lib/machines/events/machine-event.ts';
import { formatEventHook } from '../../lib/plan/persistence/event-hook.ts';
import { formatProbe, HOOK_ANSWER } from '../../lib/plan/persistence/hook-probe.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';

// The hook that runs scripts, called by a real libvirtd. A shell stands for `portal run-event`: there is no Node in its root.

const UUID = '8a4daced-3874-4273-8ef2-0474238f9fb4';
const DOMAIN = `<domain type='qemu'>
  <name>events0</name>
  <uuid>${UUID}</uuid>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
</domain>`;

describeLibvirtd('the events of a VM', (root) => {
  const libvirtd = useLibvirtd(root, {
    hooks: (folder) => ({
      'portal-gun-events': formatEventHook(['/bin/sh', join(folder, 'portal')])
        .replaceAll(EVENTS_FOLDER, join(folder, 'events'))
        .replaceAll('/run/portal-gun', join(folder, 'run')),
    }),
  });
  const at = (name: string): string => join(libvirtd().folder, name);
  const virsh = (...args: readonly string[]) => libvirtd().virsh(args);
  /** The events since this was asked the last time, with the reasons. */
  const events = (): readonly string[] => {
    if (!existsSync(at('seen'))) return [];
    const lines = readFileSync(at('seen'), 'utf8').trim().split('\n');
    rmSync(at('seen'));
    return lines;
  };
  const killQemu = (): void => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const found = pids.filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('guest=events0,');
      } catch {
        return false;
      }
    });
    expect(found).toHaveLength(1);
    for (const pid of found) process.kill(Number(pid), 'SIGKILL');
  };

  beforeEach(async () => {
    for (const event of HOST_EVENTS) mkdirSync(at(`events/${UUID}/${event}.d`), { recursive: true });
    writeFileSync(
      at('portal'),
      `cat > /dev/null\necho "$2 $4" >> '${at('seen')}'\n[ "$2" != prepare ] || [ ! -e '${at('refuses')}' ] || { echo 'no cable' >&2; exit 4; }\n`,
    );
    await libvirtd().output(['define', '/dev/stdin'], { stdin: DOMAIN });
  });

  test('are each called once and in order, over a reset, a crash and an end', async () => {
    expect(await virsh('start', 'events0', '--paused')).toMatchObject({ exitCode: 0 });
    expect(events()).toEqual(['prepare -', 'start -', 'started -']);
    await virsh('reset', 'events0');
    await virsh('suspend', 'events0');
    expect(events()).toEqual([]);
    killQemu();
    await expect
      .poll(async () => (await virsh('domstate', 'events0')).stdout.trim(), { timeout: 60_000 })
      .toBe('shut off');
    expect(events()).toEqual(['stopped -', 'release crashed']);
    await virsh('start', 'events0', '--paused');
    await virsh('destroy', 'events0');
    expect(events()).toEqual(['prepare -', 'start -', 'started -', 'stopped -', 'release destroyed']);
  });

  test('tell a start that prepare refused, with its words', async () => {
    writeFileSync(at('refuses'), '');
    const { exitCode, stderr } = await virsh('start', 'events0', '--paused');
    rmSync(at('refuses'));
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('no cable');
    expect(events()).toEqual(['prepare -', 'failed-start -', 'stopped -', 'release failed']);
  });

  test('are not called for other VMs, and the VM that looks for the hook is not started', async () => {
    const other = DOMAIN.replaceAll('events0', 'events1').replaceAll(UUID, UUID.replace('8a', '8b'));
    await libvirtd().output(['create', '/dev/stdin', '--paused'], { stdin: other });
    await virsh('destroy', 'events1');
    const probe = await libvirtd().virsh(['create', '/dev/stdin', '--paused'], {
      stdin: formatProbe('qemu'),
    });
    expect(probe.stderr).toContain(HOOK_ANSWER);
    expect((await virsh('list', '--all', '--name')).stdout.trim()).toBe('events0');
    expect(events()).toEqual([]);
  });
});
