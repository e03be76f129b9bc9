import { quote } from '../../base/shell-command.ts';
import type { XmlTexts } from '../change-kind.ts';
import { DEFAULT_DRIVER, type DriverState, type VfPlace } from '../change-states.ts';

/** The lines that change the driver of a function. */
export function moveLine(address: string, { driver, override }: DriverState): string {
  if (driver === DEFAULT_DRIVER) return `release ${address}`;
  return `move ${address} ${quote(driver ?? '')} ${quote(override ?? '')}`;
}

/** Stops if a VF is not the planned one. */
export function vfLine({ address, pf, index }: VfPlace): string {
  return `[ "$(vf ${pf} ${index})" = ${address} ] || fail '${address} is not VF ${index} of ${pf}'`;
}

/** The command that sets the element of portal-gun in a VM's metadata, or removes it. */
export function metadataLine(
  { uri, machine, metadata }: { readonly uri: string; readonly machine: string; metadata: string | null },
  where: '--config' | '--live',
  { namespace, prefix }: XmlTexts,
): string {
  const set = metadata === null ? '--remove' : `--key ${prefix} --set ${quote(metadata)}`;
  const change = `virsh --quiet --connect ${quote(uri)} metadata ${machine} --uri ${namespace}`;
  // virsh reports an error if there is none to remove.
  return `${change} ${set} ${where}${metadata === null ? ' || true' : ''}`;
}
