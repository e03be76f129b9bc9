import { escapeControls } from '../../base/text.ts';
import type { RecoveredChange } from '../../operations/recovery/end-changes.ts';
import type { Missing } from '../../operations/recovery/missing-now.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';

/** A change that was ended, and the steps that were left. */
export function renderEnded({ left, report }: RecoveredChange): string {
  const heldBack = report.steps.filter(({ outcome }) => outcome === 'left');
  const but =
    heldBack.length === 0 ? '' : `, except: ${heldBack.map(({ words }) => escapeControls(words)).join('; ')}`;
  const ended = report.outcome === 'done' ? 'finished' : 'undone';
  return `"${escapeControls(left.plan.title)}" is ${ended}${but}.\n`;
}

/** The devices that stay on a VFIO driver without a binding, with the commands that return them. */
export function renderLeftBound(leftBound: readonly BoundUntilReboot[]): string {
  if (leftBound.length === 0) return '';
  const rows = leftBound.map(
    ({ address, driver, command }) => `  ${address}  on ${escapeControls(driver)}  ${command}\n`,
  );
  return `Still on a VFIO driver until the next boot, although its binding was undone; to return it to the host now:\n${rows.join('')}`;
}

/**
 * The persisted settings that are not in force, with the command that restores them.
 *
 * @param wasTried whether a restoration was tried just now
 */
export function renderMissing(missing: readonly Missing[], wasTried: boolean): string {
  if (missing.length === 0) return '';
  const rows = missing.map(
    ({ kind, address, state }) => `  ${address}  ${kind === 'vfs' ? 'VFs' : 'binding'}  ${state}\n`,
  );
  const advice = wasTried
    ? 'To see why: pci sriov restore --dry-run; pci bindings --restore --dry-run\n'
    : 'To restore it: pci recover --restore\n';
  return `Persisted, but not in force in this boot:\n${rows.join('')}${advice}`;
}
