import { quote } from '../../base/shell-command.ts';
import type { XmlTexts } from '../change-kind.ts';
import { DEFAULT_DRIVER, type DriverState, type VfPlace } from '../change-states.ts';

/** What gives a function a driver. */
export function moveLine(address: string, { driver, override }: DriverState): string {
  if (driver === DEFAULT_DRIVER) return `release ${address}`;
  return `move ${address} ${quote(driver ?? '')} ${quote(override ?? '')}`;
}

/** Stops where a VF is not the one that was meant. */
export function vfLine({ address, pf, index }: VfPlace): string {
  return `[ "$(vf ${pf} ${index})" = ${address} ] || fail '${address} is not VF ${index} of ${pf}'`;
}

/** What sets our element of a machine's metadata, or removes it. */
export function metadataLine(
  { uri, machine, metadata }: { readonly uri: string; readonly machine: string; metadata: string | null },
  where: '--config' | '--live',
  { namespace, prefix }: XmlTexts,
): string {
  const set = metadata === null ? '--remove' : `--key ${prefix} --set ${quote(metadata)}`;
  const change = `virsh --quiet --connect ${quote(uri)} metadata ${machine} --uri ${namespace}`;
  // It says that there is none where there is none to be removed.
  return `${change} ${set} ${where}${metadata === null ? ' || true' : ''}`;
}
