import { PortalGunError } from '../../base/errors.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { formatStartHook } from '../../plan/persistence/start-guard.ts';
import {
  SINGLE_START_HOOK_PATH,
  START_HOOK_PATH,
  START_HOOKS_FOLDER,
} from '../../plan/persistence/start-hook-paths.ts';
import type { Step } from '../../plan/plan.ts';
import type { HostSession } from '../session/host-session.ts';

/**
 * The step that installs the libvirt hook, or removes it; none if that is already done, and none for a captured host,
 * which cannot be checked at a start.
 *
 * @throws PortalGunError CANNOT_GUARD
 */
export function startHookSteps({ isCaptured, host, ports }: HostSession, isWanted: boolean): readonly Step[] {
  // The files of a captured host are not those of the machine to change.
  if (isCaptured) return [];
  const reading = host.readText(START_HOOK_PATH);
  if (isFailure(reading)) return [];
  const to = isWanted ? hookOf(ports.user.programWords()) : null;
  if (reading === to) return [];
  const words = isWanted
    ? `install the libvirt hook that checks a VM before it starts: ${START_HOOK_PATH}${isSeen(host) ? '' : ` (${RELOAD})`}`
    : `remove the libvirt hook that checks a VM before it starts: ${START_HOOK_PATH}`;
  return [{ words, change: { kind: 'file', path: START_HOOK_PATH, from: reading, to, executable: true } }];
}

/** libvirt looks for hooks only when it starts, and when it reloads its configuration. */
const RELOAD = 'libvirt finds its first hook after a reload: systemctl reload libvirtd, or virtqemud';

/** Whether libvirt already has hooks for VMs, and so finds a new one without a reload. */
function isSeen(host: HostReader): boolean {
  const others = host.list(START_HOOKS_FOLDER);
  return host.exists(SINGLE_START_HOOK_PATH) || (Array.isArray(others) && others.length > 0);
}

function hookOf(program: readonly string[] | null): string {
  if (program !== null) return formatStartHook(program);
  throw new PortalGunError('CANNOT_GUARD', 'the program file no longer exists, so libvirt cannot start it', {
    subject: 'pci',
  });
}
