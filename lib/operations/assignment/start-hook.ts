import { PortalGunError } from '../../base/errors.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { hooksKind } from '../../plan/changes/host/hooks.ts';
import { formatEventHook } from '../../plan/persistence/event-hook.ts';
import { formatStartHook } from '../../plan/persistence/start-guard.ts';
import {
  EVENT_HOOK_PATH,
  SINGLE_START_HOOK_PATH,
  START_HOOK_PATH,
  START_HOOKS_FOLDER,
} from '../../plan/persistence/start-hook-paths.ts';
import type { Step } from '../../plan/plan.ts';
import type { HostSession } from '../session/host-session.ts';

/** A hook that libvirt runs for VMs. */
interface Hook {
  readonly path: string;
  /** Its task, behind "the libvirt hook that". */
  readonly task: string;
  readonly format: (program: readonly string[]) => string;
}

const START_HOOK: Hook = {
  path: START_HOOK_PATH,
  task: 'checks a VM before it starts',
  format: formatStartHook,
};
const EVENT_HOOK: Hook = {
  path: EVENT_HOOK_PATH,
  task: 'runs the scripts and the relays of machines',
  format: formatEventHook,
};

/**
 * The step that installs the libvirt hook that checks devices, or removes it; none if that is already done, and none
 * for a captured host, which cannot be checked at a start. If libvirt does not know of hooks yet, the plan notes that.
 *
 * @throws PortalGunError CANNOT_GUARD
 */
export function startHookSteps(session: HostSession, isWanted: boolean): readonly Step[] {
  const note = isWanted && !isSeen(session.host) ? ` (${RELOAD})` : '';
  return hookSteps(session, START_HOOK, isWanted).map((step) => ({ ...step, words: step.words + note }));
}

/**
 * The steps that install a hook for the machines of the libvirt of this host, and tell libvirt of it.
 *
 * @throws PortalGunError CANNOT_GUARD
 */
export function toldHookSteps(session: HostSession, which: 'start' | 'events', uri: string): readonly Step[] {
  const steps = hookSteps(session, which === 'start' ? START_HOOK : EVENT_HOOK, true);
  return steps.length === 0 ? [] : [...steps, toldStep(uri)];
}

/** The step that removes the hook that runs scripts and relays. */
export function removeEventHookSteps(session: HostSession): readonly Step[] {
  return hookSteps(session, EVENT_HOOK, false);
}

function toldStep(uri: string): Step {
  const change = { kind: 'hooks', uri, from: false, to: true } as const;
  return { words: hooksKind.words(), change };
}

function hookSteps(
  { isCaptured, host, ports }: HostSession,
  { path, task, format }: Hook,
  isWanted: boolean,
): readonly Step[] {
  // The files of a captured host are not those of the machine to change.
  if (isCaptured) return [];
  const reading = host.readText(path);
  if (isFailure(reading)) return [];
  const to = isWanted ? hookOf(format, ports.user.programWords()) : null;
  if (reading === to) return [];
  const words = `${isWanted ? 'install' : 'remove'} the libvirt hook that ${task}: ${path}`;
  return [{ words, change: { kind: 'file', path, from: reading, to, executable: true } }];
}

/** libvirt looks for hooks only when it starts, and when it reloads its configuration. */
const RELOAD = 'libvirt finds its first hook after a reload: systemctl reload libvirtd, or virtqemud';

/** Whether libvirt already has hooks for VMs, and so finds a new one without a reload. */
function isSeen(host: HostReader): boolean {
  const others = host.list(START_HOOKS_FOLDER);
  return host.exists(SINGLE_START_HOOK_PATH) || (Array.isArray(others) && others.length > 0);
}

function hookOf(format: Hook['format'], program: readonly string[] | null): string {
  if (program !== null) return format(program);
  throw new PortalGunError('CANNOT_GUARD', 'the program file no longer exists, so libvirt cannot start it', {
    subject: 'pci',
  });
}
