import { PortalGunError } from '../base/errors.ts';
import type { NeededModule } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import type { Plan } from '../plan/plan.ts';
import { readLockdown } from '../sysfs/lockdown.ts';
import type { ChangeableHost } from './changeable-host.ts';

/**
 * Checks before the first change whether the modules of a plan exist, and whether the kernel accepts them. Runs
 * `modprobe --dry-run`, and under lockdown `modinfo` for a signature.
 *
 * @throws PortalGunError NO_DRIVER, TOOL_MISSING
 */
export async function demandModules(
  { steps }: Plan,
  { runner, reader }: Pick<ChangeableHost, 'runner' | 'reader'>,
): Promise<void> {
  const lockdown = readLockdown(reader);
  for (const { change } of steps) {
    const needed = kindOf(change).loads(change);
    if (needed === null) continue;
    await demandPresence(needed, runner);
    if (lockdown === null || lockdown === 'none') continue;
    const signed = await runner.run('modinfo', ['-F', 'sig_id', '--', needed.module]);
    if (signed.kind !== 'exited' || signed.exitCode !== 0 || signed.stdout.trim() !== '') continue;
    throw new PortalGunError(
      'NO_DRIVER',
      `the kernel is locked down (${lockdown}) and refuses modules without a signature`,
      {
        subject: needed.driver ?? needed.module,
        hint: 'sign the module with an enrolled key (mokutil --import), use the kernel of the distribution and its modules, or boot without lockdown',
      },
    );
  }
}

/** A command that modprobe runs instead of loading a module, if a user forbids the module. */
const FORBIDS = /^install (\/(usr\/)?s?bin\/)?(false|true)\b/;

async function demandPresence(
  { module, driver }: NeededModule,
  runner: ChangeableHost['runner'],
): Promise<void> {
  const run = await runner.run('modprobe', ['--dry-run', '--verbose', '--quiet', '--', module]);
  if (run.kind === 'missing') {
    throw new PortalGunError('TOOL_MISSING', 'is not installed', {
      subject: 'modprobe',
      hint: 'install kmod',
    });
  }
  if (run.kind === 'exited' && run.exitCode === 0) {
    const forbidden = run.stdout.split('\n').find((line) => FORBIDS.test(line.trim()));
    if (forbidden === undefined) return;
    throw new PortalGunError('NO_DRIVER', `modprobe.d forbids loading it: ${forbidden.trim()}`, {
      subject: driver ?? module,
      hint: `remove that line; to find it: grep -rn "^install" /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d`,
    });
  }
  throw new PortalGunError('NO_DRIVER', 'the kernel has neither the driver nor a module for it', {
    subject: driver ?? module,
  });
}
