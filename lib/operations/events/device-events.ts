import type { ApplyReport } from '../../apply/apply-report.ts';
import { PortalGunError } from '../../base/errors.ts';
import { isFailure } from '../../host/host-reader.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import { installedFolder } from '../../machines/events/installed-scripts.ts';
import type { HostEvent } from '../../machines/events/machine-event.ts';
import type { AttachmentChange } from '../../plan/changes/machine/attachment.ts';
import type { Plan } from '../../plan/plan.ts';
import type { HostSession } from '../session/host-session.ts';
import { runEvent } from './run-event.ts';

/**
 * Runs the scripts of machines for the devices that a plan gave them, or took from them, while they ran. libvirt has no hook
 * for that.
 *
 * The plan is done then: a script that fails, or a libvirt that no longer answers, does not change its report.
 */
export async function runDeviceEvents(
  session: HostSession,
  { steps }: Plan,
  report: ApplyReport,
): Promise<void> {
  const done = steps.flatMap(({ change }, index) =>
    change.kind === 'attachment' && report.steps[index]?.outcome === 'done' ? [change] : [],
  );
  for (const change of done) {
    if (hasScripts(session, change)) await runFor(session, change);
  }
}

function eventOf({ to }: AttachmentChange): HostEvent {
  return to === null ? 'device-removed' : 'device-added';
}

function hasScripts({ ports: { reader } }: HostSession, change: AttachmentChange): boolean {
  const names = reader.list(`${installedFolder(change.machine)}/${eventOf(change)}.d`);
  return names !== null && !isFailure(names) && names.length > 0;
}

async function runFor(session: HostSession, change: AttachmentChange): Promise<void> {
  try {
    const { output, error } = await new Virsh(session.ports.runner, change.uri).run([
      'dumpxml',
      change.machine,
    ]);
    if (error !== null) return;
    await runEvent(session, { event: eventOf(change), document: output, device: change.address });
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
  }
}
