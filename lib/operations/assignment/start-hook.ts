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
 * The step that puts the hook of libvirt in its place, or takes it away; none where it is so already, and none for a
 * captured host, which can't be asked at a start.
 *
 * @throws PortalGunError CANNOT_GUARD
 */
export function startHookSteps({ isCaptured, host, ports }: HostSession, isWanted: boolean): readonly Step[] {
  // The files of a captured host are not those of the machine that would be written.
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

/** That there is any hook libvirt finds out when it starts, and when it is told to read its settings anew. */
const RELOAD = 'libvirt finds its first hook after a reload: systemctl reload libvirtd, or virtqemud';

/** Whether libvirt has hooks of machines already, and so finds a new one by itself. */
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
