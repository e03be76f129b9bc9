import { Problem } from '../../../base/problem.ts';
import { pause } from '../../../host/this-process.ts';
import { readOwnDevices } from '../../../libvirt/assignment/assigned-devices.ts';
import { formatHostDevice } from '../../../libvirt/hostdev/host-device-text.ts';
import { isGone } from '../../../libvirt/machine/read-machines.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import { parseXml } from '../../../libvirt/xml/xml-document.ts';
import type { PluggedDevice } from '../../../plan/change-states.ts';
import type { AttachmentChange } from '../../../plan/changes/machine/attachment.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { problemOfVfs } from '../host/vf-places.ts';
import { askLibvirt, runAndLook } from './ask-libvirt.ts';

const LOOK_EVERY_MS = 500;
/** A current guest needs about a second, an emulated one several; some never finish. */
const LOOKS = 60;
/** A guest that is still booting may have missed the first request. */
const LOOKS_PER_REQUEST = 12;

/**
 * Attaches a device to a running VM, or detaches it, by `virsh attach-device --live` and `detach-device-alias --live`
 * (https://libvirt.org/manpages/virsh.html), each followed by a read of the VM's XML. A detach is a request to the
 * guest, which may release the device late or never, so it waits until the device is no longer in the XML.
 */
export const attachmentMaker: AskedChangeMaker<AttachmentChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

/** The device of a VM with the alias of a change: none, or none because the VM is off; or why that is unknown. */
type Now = { readonly plugged: PluggedDevice | 'off' | null } | Problem;

function lookOf(host: ChangeableHost, change: AttachmentChange, now: Now): Observation<AttachmentChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt(goal) {
      if (now instanceof Problem) return false;
      if (now.plugged === 'off') return goal === null || goal === change.from;
      return now.plugged === null ? goal === null : goal !== null && now.plugged.address === goal.address;
    },
    async reach(goal) {
      const from = now instanceof Problem ? await readNow(host, change) : now;
      if (from instanceof Problem) return from;
      const then = goal === null ? await detach(host, change, from) : await attach(host, change, from, goal);
      return then instanceof Problem ? then : lookOf(host, change, then);
    },
  };
}

/**
 * A question that libvirt answers only after its current job goes first, so that a running job is finished: the virsh
 * of a killed program continues to attach.
 */
function readNow(host: ChangeableHost, change: AttachmentChange): Promise<Now> {
  return askLibvirt(host, change.uri, async (virsh) => {
    const { found } = await runAndLook(virsh, ['dommemstat', change.machine], dumpOf(change));
    return nowIn(change, found);
  });
}

function dumpOf({ machine }: AttachmentChange): readonly string[] {
  return ['dumpxml', machine];
}

function nowIn(change: AttachmentChange, { output, error }: VirshAnswer): Now {
  if (error !== null)
    return isGone(error)
      ? { plugged: 'off' }
      : new Problem('DOCUMENT_UNREADABLE', `cannot read its current devices: ${error}`);
  const document = parseXml(output, 'what it has now');
  // For a VM that is off, libvirt returns the definition; only a running VM has an id.
  if (!document.root.attributes.has('id')) return { plugged: 'off' };
  const alias = aliasOf(change);
  return { plugged: readOwnDevices(document).find((device) => device.alias === alias) ?? null };
}

function aliasOf({ from, to }: AttachmentChange): string {
  return (to ?? from)?.alias ?? '';
}

async function attach(
  host: ChangeableHost,
  change: AttachmentChange,
  now: Exclude<Now, Problem>,
  goal: PluggedDevice,
): Promise<Now> {
  if (now.plugged === 'off')
    return goal === change.from ? now : new Problem('NOT_RUNNING', 'it is no longer running');
  if (now.plugged !== null) {
    return now.plugged.address === goal.address
      ? now
      : new Problem('ALIAS_TAKEN', `its alias is already used for ${now.plugged.address}`);
  }
  const problem = problemOfVfs(host.reader, change.vfs ?? []);
  if (problem !== null) return problem;
  return askLibvirt(host, change.uri, async (virsh) => {
    const command = ['attach-device', change.machine, virsh.inputFile, '--live'];
    const { error, found } = await runAndLook(virsh, command, dumpOf(change), formatHostDevice(goal));
    return error === null
      ? nowIn(change, found)
      : new Problem('PLUG_REFUSED', `libvirt refused to attach it: ${error}`);
  });
}

function detach(host: ChangeableHost, change: AttachmentChange, from: Exclude<Now, Problem>): Promise<Now> {
  return askLibvirt(host, change.uri, async (virsh) => {
    if (isOut(from)) return from;
    const request = ['detach-device-alias', change.machine, aliasOf(change), '--live'];
    let refusal: string | null = null;
    for (let looks = 0; looks <= LOOKS; looks += 1) {
      if (looks > 0) await pause(LOOK_EVERY_MS);
      const asks = looks % LOOKS_PER_REQUEST === 0;
      const { error, found } = await runAndLook(virsh, asks ? request : null, dumpOf(change));
      const now = nowIn(change, found);
      if (now instanceof Problem || isOut(now)) return now;
      if (asks) refusal = error;
      if (refusal !== null && looks === 0) break;
    }
    if (refusal !== null) return new Problem('UNPLUG_REFUSED', `libvirt refused to detach it: ${refusal}`);
    return new Problem(
      'GUEST_KEEPS_DEVICE',
      `its guest did not release it within ${(LOOKS * LOOK_EVERY_MS) / 1000} s: the guest may be starting, may not support hot-unplug, or may use the device; it may release it later`,
    );
  });
}

function isOut({ plugged }: Exclude<Now, Problem>): boolean {
  return plugged === null || plugged === 'off';
}
