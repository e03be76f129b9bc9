import { quote } from '../../base/shell-command.ts';
import type { AssignedDevice, AssignedState } from '../../libvirt/assignment/assignment.ts';
import { PORT_ALIAS_PREFIX } from '../../libvirt/assignment/assignment.ts';
import { formatAddedRootPort, formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import { MACHINE_NAMESPACE, MACHINE_PREFIX } from '../../libvirt/machine/machine-metadata.ts';
import type { AssignmentChange, CategoryChange, VfPlace } from '../change.ts';

/** Stands in scripts that are about machines. */
export const ASSIGNMENT_HEAD = `
# given URI MACHINE ALIAS: is a device or port of that name in its definition?
given() { virsh --connect "$1" dumpxml --inactive "$2" | grep -qF "<alias name='$3'/>"; }

# attach URI MACHINE ALIAS XML: puts it into its definition
attach() { given "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" attach-device "$2" /dev/stdin --config; }

# detach URI MACHINE ALIAS XML: takes it out of its definition
detach() { ! given "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" detach-device "$2" /dev/stdin --config; }
`;

/** What brings a machine's definition from one state to the other, by what virsh has for parts of it. */
export function assignmentLines({
  uri,
  machine,
  from,
  to,
  metadata,
  vfs = [],
}: AssignmentChange): readonly string[] {
  const at = `${quote(uri)} ${machine}`;
  const line = (verb: 'attach' | 'detach', { alias, xml }: Part): string =>
    `${verb} ${at} ${quote(alias)} ${quote(xml)}`;
  const [before, after] = [partsOf(from), partsOf(to)];
  const isIn = (parts: readonly Part[], { alias, xml }: Part): boolean =>
    parts.some((part) => part.alias === alias && part.xml === xml);
  // A port has to be there before what is put in it, and goes after it.
  const gone = before.filter((part) => !isIn(after, part)).reverse();
  return [
    ...vfs.map(vfLine),
    ...gone.map((part) => line('detach', part)),
    ...after.filter((part) => !isIn(before, part)).map((part) => line('attach', part)),
    metadataLine(uri, machine, metadata, '--config'),
  ];
}

/** What gives a machine a category, in one of the places where libvirt keeps it. */
export function categoryLines({ uri, machine, place, metadata }: CategoryChange): readonly string[] {
  return [metadataLine(uri, machine, metadata, place === 'live' ? '--live' : '--config')];
}

function metadataLine(uri: string, machine: string, metadata: string | null, where: string): string {
  const set = metadata === null ? '--remove' : `--key ${MACHINE_PREFIX} --set ${quote(metadata)}`;
  const change = `virsh --quiet --connect ${quote(uri)} metadata ${machine} --uri ${MACHINE_NAMESPACE}`;
  // It says that there is none where there is none to be removed.
  return `${change} ${set} ${where}${metadata === null ? ' || true' : ''}`;
}

/** Stops where a VF is not the one that was meant. */
export function vfLine({ address, pf, index }: VfPlace): string {
  return `[ "$(vf ${pf} ${index})" = ${address} ] || fail '${address} is not VF ${index} of ${pf}'`;
}

interface Part {
  readonly alias: string;
  readonly xml: string;
}

function partsOf({ rootPorts, devices }: AssignedState): readonly Part[] {
  return [
    ...rootPorts.map((index): Part => {
      const alias = `${PORT_ALIAS_PREFIX}${index}`;
      return { alias, xml: formatAddedRootPort(index, alias) };
    }),
    ...devices.flatMap(({ alias, device }: AssignedDevice): readonly Part[] =>
      device === null ? [] : [{ alias, xml: formatHostDevice(device) }],
    ),
  ];
}
