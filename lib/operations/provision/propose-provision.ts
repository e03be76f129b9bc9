import { PortalGunError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { MachineNames } from '../project/choose-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import { type ComparedGuest, type ComparedGuests, compareGuests } from './compare-guests.ts';

/**
 * Proposes to change guests as their folders say. If packages have to be installed, the proposal ends with them, and
 * {@link ComparedGuest.isPartial} is set: propose again after it was applied.
 *
 * @throws PortalGunError CANNOT_PROVISION if something in a guest is unknown, or of another form; BAD_DEFINITION, NO_FOLDER,
 *   BAD_ARGUMENT, and the errors of agents
 */
export async function proposeProvision(
  session: HostSession,
  options: MachineNames = {},
): Promise<HostProposal<ComparedGuests>> {
  const compared = await compareGuests(session, options, false);
  for (const guest of compared.guests) refuseObstacles(guest);
  const { guests } = compared;
  const names = guests.map(({ machine }) => machine);
  return proposalOf<ComparedGuests>({
    plan: {
      title: `Provision ${names.length === 1 ? names[0] : count(names.length, 'machine')}`,
      guards: [],
      steps: guests.flatMap(({ steps }) => steps),
    },
    ...{ findings: [], allowed: new Set(), subject: compared, diagnostics: [] },
    inventory: { host: { label: 'guests' }, devices: [], iommu: false, diagnostics: [] },
    notes: guests
      .filter(({ isPartial }) => isPartial)
      .map(({ machine }) => `${machine}: the rest is planned after the packages are installed`),
    changesOnlyMachines: true,
    goesOnBeside: true,
  });
}

function refuseObstacles({ machine, obstacles }: ComparedGuest): void {
  const [first] = obstacles;
  if (first === undefined) return;
  const more = obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : '';
  throw new PortalGunError('CANNOT_PROVISION', `${first.what} ${first.message}${more}`, {
    subject: machine,
    hint: `show all that differs: portal diff ${machine}`,
  });
}
