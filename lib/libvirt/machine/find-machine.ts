import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';
import type { KnownMachine } from './read-machines.ts';

const MOST_NAMED = 5;

/**
 * The VM with a name or a UUID.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, with the most similar name
 */
export function findMachine(machines: readonly KnownMachine[], word: string): KnownMachine {
  const found =
    machines.find(({ name }) => name === word) ?? machines.find(({ uuid }) => uuid === word.toLowerCase());
  if (found !== undefined) return found;
  const names = machines.map(({ name }) => name);
  const meant = suggest(word, names);
  const some = names.slice(0, MOST_NAMED).join(', ');
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : names.length === 0
        ? 'libvirt has no VMs'
        : `the VMs are ${some}${names.length > MOST_NAMED ? ', …' : ''}: portal list`;
  throw new PortalGunError('MACHINE_NOT_FOUND', 'no such VM', { subject: word, hint });
}
