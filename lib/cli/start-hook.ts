import { type HostReader, isFailure } from '../host/host-reader.ts';
import { programWords } from '../host/this-process.ts';
import type { Step } from '../plan/plan.ts';
import { formatStartHook, START_HOOK_PATH } from '../plan/start-guard.ts';

/**
 * The step that puts the hook of libvirt in its place, or takes it away; none where it is so already, and none for a
 * captured host, which can't be asked at a start.
 */
export function startHookSteps(host: HostReader, isWanted: boolean): readonly Step[] {
  const program = programWords();
  const reading = host.readText(START_HOOK_PATH);
  if (isFailure(reading) || program === null) return [];
  const to = isWanted ? formatStartHook(program) : null;
  if (reading === to) return [];
  const words = isWanted
    ? `have libvirt ask before it starts a machine: ${START_HOOK_PATH}${reading === null ? ' (it looks for new hooks when it is restarted: systemctl restart libvirtd, or virtqemud)' : ''}`
    : `have libvirt ask no more before it starts a machine: remove ${START_HOOK_PATH}`;
  return [{ words, change: { kind: 'file', path: START_HOOK_PATH, from: reading, to, executable: true } }];
}
