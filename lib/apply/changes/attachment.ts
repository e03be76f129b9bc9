import { pause } from '../../host/this-process.ts';
import { readOwnDevices } from '../../libvirt/assigned-devices.ts';
import { formatHostDevice } from '../../libvirt/host-device-text.ts';
import { isGone } from '../../libvirt/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { parseXml } from '../../libvirt/xml-document.ts';
import type { AttachmentChange, PluggedDevice } from '../../plan/change.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';
import { askLibvirt } from './ask-libvirt.ts';
import { problemOfVfs } from './vf-places.ts';

const LOOK_EVERY_MS = 500;
/** A guest of today takes about a second, one that is emulated some; one that will not takes for ever. */
const LOOKS = 60;
/** A guest that is still booting may not have heard the first request. */
const LOOKS_PER_REQUEST = 12;

/**
 * Plugs a device into a machine that runs, or takes it out, by `virsh attach-device --live` and `detach-device-alias --live`
 * (https://libvirt.org/manpages/virsh.html). The second asks the guest, which lets go of it when it likes to, or never: it is
 * waited for until the machine's document has it no more.
 */
export const attachmentChange: ChangeKind<AttachmentChange> = {
  async isReached(host, change, goal) {
    const isReached = await askLibvirt(host, change.uri, async (virsh) => {
      if (goal === null) await awaitOthers(virsh, change);
      const now = await look(virsh, change);
      if (typeof now === 'string') return now;
      if (now.plugged === 'off') return goal === null || goal === change.from;
      return now.plugged === null ? goal === null : goal !== null && now.plugged.address === goal.address;
    });
    return isReached === true;
  },

  reach(host, change, goal) {
    return askLibvirt(host, change.uri, (virsh) =>
      goal === null ? detach(virsh, change) : attach(host, virsh, change, goal),
    );
  },
};

/**
 * Waits for what libvirt is about to do to a machine: a question that it answers when that is done. Of a program that was
 * killed, the virsh that it started goes on plugging in.
 */
async function awaitOthers(virsh: Virsh, { machine }: AttachmentChange): Promise<void> {
  await virsh.run(['dommemstat', machine]);
}

/** What a machine has by the alias of a change: nothing, or nothing any more since it is off; or why that is not known. */
type Now = { readonly plugged: PluggedDevice | 'off' | null } | Problem;

async function look(virsh: Virsh, change: AttachmentChange): Promise<Now> {
  const { output, error } = await virsh.run(['dumpxml', change.machine]);
  if (error !== null) return isGone(error) ? { plugged: 'off' } : `what it has now can't be read: ${error}`;
  const document = parseXml(output, 'what it has now');
  // The definition of one that is off is told where what runs is asked for; what runs has a number.
  if (!document.root.attributes.has('id')) return { plugged: 'off' };
  const alias = aliasOf(change);
  return { plugged: readOwnDevices(document).find((device) => device.alias === alias) ?? null };
}

function aliasOf({ from, to }: AttachmentChange): string {
  return (to ?? from)?.alias ?? '';
}

async function attach(
  { reader }: ChangeableHost,
  virsh: Virsh,
  change: AttachmentChange,
  goal: PluggedDevice,
): Promise<Problem | null> {
  const now = await look(virsh, change);
  if (typeof now === 'string') return now;
  if (now.plugged === 'off') return goal === change.from ? null : 'it does not run any more';
  if (now.plugged !== null) {
    return now.plugged.address === goal.address ? null : `it has ${now.plugged.address} by the same alias`;
  }
  const problem = problemOfVfs(reader, change.vfs ?? []);
  if (problem !== null) return problem;
  const command = ['attach-device', change.machine, '/dev/stdin', '--live'];
  const { error } = await virsh.run(command, { input: formatHostDevice(goal) });
  return error === null ? null : `libvirt does not plug it in: ${error}`;
}

async function detach(virsh: Virsh, change: AttachmentChange): Promise<Problem | null> {
  let refusal: string | null = null;
  for (let looks = 0; looks <= LOOKS; looks += 1) {
    const now = await look(virsh, change);
    if (typeof now === 'string') return now;
    if (now.plugged === null || now.plugged === 'off') return null;
    if (looks > 0) await pause(LOOK_EVERY_MS);
    if (looks % LOOKS_PER_REQUEST !== 0) continue;
    const command = ['detach-device-alias', change.machine, aliasOf(change), '--live'];
    refusal = (await virsh.run(command)).error;
    if (refusal !== null && looks === 0) break;
  }
  if (refusal !== null) return `libvirt does not take it out: ${refusal}`;
  return `its guest does not let go of it (waited ${(LOOKS * LOOK_EVERY_MS) / 1000} s): it may be starting, have no system that can, or use the device; it may do so later`;
}
