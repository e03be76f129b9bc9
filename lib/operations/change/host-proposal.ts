import type { Diagnostic } from '../../base/diagnostic.ts';
import type { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { Proposal } from '../../plan/proposal.ts';

/**
 * A proposed change: a plan with the findings against it, before anything is changed. {@link applyProposal}
 * applies it.
 *
 * @typeParam Subject what the plan is about, as far as it is shown beside the steps
 */
export interface HostProposal<Subject = unknown> extends Proposal {
  /** The findings that stop it: none that is allowed. Empty if it can be applied. */
  readonly refusals: readonly Finding[];
  readonly subject: Subject;
  readonly inventory: Inventory<DeviceWith<never>>;
  /** What a person should know and no finding says: sentences without a subject before them. */
  readonly notes: readonly string[];
  /** What was met while reading. */
  readonly diagnostics: readonly Diagnostic[];
  /** Why no script can be written of it; `null` if one can. */
  readonly scriptObstacle: PortalGunError | null;
  /** Whether it changes only VMs of a libvirt: then a captured host can stand for the one that they run on. */
  readonly changesOnlyMachines: boolean;
  /** Whether it restores what is persisted, and so goes on beside a change that was cut short and touches nothing of it. */
  readonly goesOnBeside: boolean;
}

/** What an operation decides; the rest of a proposal follows from it. */
export type ProposalParts<Subject> = Omit<
  HostProposal<Subject>,
  'refusals' | 'changesOnlyMachines' | 'goesOnBeside' | 'notes' | 'scriptObstacle'
> &
  Partial<Pick<HostProposal, 'changesOnlyMachines' | 'goesOnBeside' | 'notes' | 'scriptObstacle'>>;

export function proposalOf<Subject>(parts: ProposalParts<Subject>): HostProposal<Subject> {
  return {
    changesOnlyMachines: false,
    goesOnBeside: false,
    notes: [],
    scriptObstacle: null,
    ...parts,
    refusals: refusalsAmong(parts.findings, parts.allowed),
  };
}
