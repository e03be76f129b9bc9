import { createHash } from 'node:crypto';
import type { MachineDefinition, NicDefinition } from '../definition/machine-definition.ts';
import { macFromRandom } from '../network/mac.ts';
import type { LockedMachine, PortalLock } from './portal-lock.ts';

/**
 * The values that a machine keeps: those in the lock, and the rest derived from the seed. The same lock and
 * definition give the same values, so that a machine gets the values that were shown before it was created.
 *
 * @param seed that of the lock, or of a project without a lock file
 */
export function lockedMachine(
  { machines }: PortalLock,
  seed: string,
  { name, nics }: Pick<MachineDefinition, 'name' | 'nics'>,
): LockedMachine {
  const known = machines[name];
  const macs = cablesOf(nics).flatMap(({ cable, nic }) =>
    nic.mac !== null
      ? []
      : [[cable, known?.macs[cable] ?? macFromRandom(bytesFor(seed, 'mac', name, cable))] as const],
  );
  return {
    uuid: known?.uuid ?? uuidFrom(bytesFor(seed, 'uuid', name)),
    macs: Object.fromEntries(macs),
    devices: known?.devices ?? {},
  };
}

/** Network cards by the names of their cables: `isolated/lan`, and `isolated/lan#2` for a second one there. */
export function cablesOf(
  nics: readonly NicDefinition[],
): readonly { readonly cable: string; readonly nic: NicDefinition }[] {
  const counts = new Map<string, number>();
  return nics.map((nic) => {
    const name = nic.network ?? nic.bridge ?? 'none';
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return { cable: count === 1 ? name : `${name}#${count}`, nic };
  });
}

/** The mark of a project in the metadata of its machines. */
export function projectMark(seed: string): string {
  return Buffer.from(bytesFor(seed, 'project')).subarray(0, 8).toString('hex');
}

/** The UUID of a network that a project creates. */
export function networkUuid(seed: string, network: string): string {
  return uuidFrom(bytesFor(seed, 'network', network));
}

/** The seed of the random values of a definition that is a program. */
export function definitionSeed(seed: string, name: string): string {
  return Buffer.from(bytesFor(seed, 'definition', name)).toString('hex');
}

/** The seed of a project that has no lock file yet, derived from its path on this host. */
export function seedOfPlace(hostId: string, root: string): string {
  return Buffer.from(bytesFor(hostId, 'place', root))
    .subarray(0, 16)
    .toString('hex');
}

function bytesFor(...words: readonly string[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(words)).digest();
}

/** A UUID of version 4, as if its bytes were random. */
function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const variant = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant.toString(16) + hex.slice(18, 20),
    hex.slice(20, 32),
  ].join('-');
}
