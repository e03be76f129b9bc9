import { quote } from '../../base/shell-command.ts';
import { formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import type { AttachmentChange } from '../change.ts';
import { vfLine } from './assignment-script.ts';

/** Stands in scripts that are about machines that run. */
export const ATTACHMENT_HEAD = `
# runs URI MACHINE: does it run?
runs() { virsh --quiet --connect "$1" list --uuid | grep -qx "$2"; }

# has URI MACHINE ALIAS: does it run with a device of that name?
has() { runs "$1" "$2" && virsh --connect "$1" dumpxml "$2" | grep -qF "<alias name='$3'/>"; }

# plug URI MACHINE ALIAS XML: plugs it into what runs
plug() { has "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" attach-device "$2" /dev/stdin --live; }

# unplug URI MACHINE ALIAS: asks the guest to let go of it, and waits until it does
unplug() {
  virsh --quiet --connect "$1" list > /dev/null
  left=30
  while has "$1" "$2" "$3"; do
    [ "$left" -gt 0 ] || fail "the guest of $2 does not let go of $3"
    [ $((left % 6)) -ne 0 ] || virsh --quiet --connect "$1" detach-device-alias "$2" "$3" --live || :
    left=$((left - 1))
    sleep 1
  done
}
`;

/** What plugs a device into a machine that runs, or takes it out. */
export function attachmentLines({ uri, machine, from, to, vfs = [] }: AttachmentChange): readonly string[] {
  const at = `${quote(uri)} ${machine}`;
  if (to !== null) {
    return [...vfs.map(vfLine), `plug ${at} ${quote(to.alias ?? '')} ${quote(formatHostDevice(to))}`];
  }
  return [`unplug ${at} ${quote(from?.alias ?? '')}`];
}
