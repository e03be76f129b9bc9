import { escapeControls } from '../../base/text.ts';
import type { RecoveredChange } from '../../operations/recovery/end-changes.ts';
import type { Missing } from '../../operations/recovery/missing-now.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';

/** That a change is ended as it was meant, and what of it was left. */
export function renderEnded({ left, report }: RecoveredChange): string {
  const heldBack = report.steps.filter(({ outcome }) => outcome === 'left');
  const but =
    heldBack.length === 0 ? '' : `, except: ${heldBack.map(({ words }) => escapeControls(words)).join('; ')}`;
  const ended = report.outcome === 'done' ? 'finished' : 'undone';
  return `"${escapeControls(left.plan.title)}" is ${ended}${but}.\n`;
}

/** What stays on a VFIO driver though nothing binds it any more, and what gives it back. */
export function renderLeftBound(leftBound: readonly BoundUntilReboot[]): string {
  if (leftBound.length === 0) return '';
  const rows = leftBound.map(
    ({ address, driver, command }) => `  ${address}  on ${escapeControls(driver)}  ${command}\n`,
  );
  return `Still on a VFIO driver until the next boot, though what bound it is undone; to give it back now:\n${rows.join('')}`;
}

/**
 * What is persisted and not in force, and what puts it there.
 *
 * @param wasTried whether that was tried just now
 */
export function renderMissing(missing: readonly Missing[], wasTried: boolean): string {
  if (missing.length === 0) return '';
  const rows = missing.map(
    ({ kind, address, state }) => `  ${address}  ${kind === 'vfs' ? 'VFs' : 'binding'}  ${state}\n`,
  );
  const advice = wasTried
    ? 'See why: pci sriov restore --dry-run; pci bindings --restore --dry-run\n'
    : 'Put it in force: pci recover --restore\n';
  return `Persisted, and not in force in this boot:\n${rows.join('')}${advice}`;
}
