import type { Diagnostic } from '../../base/diagnostic.ts';
import type { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { Proposal } from '../../plan/proposal.ts';

/**
 * A proposed change: a plan with its findings, before anything is changed. {@link applyProposal} applies it.
 *
 * @typeParam Subject the object of the plan, as far as it is shown with the steps
 */
export interface HostProposal<Subject = unknown> extends Proposal {
  /** The findings that stop it, without accepted ones. Empty if it can be applied. */
  readonly refusals: readonly Finding[];
  readonly subject: Subject;
  readonly inventory: Inventory<DeviceWith<never>>;
  /** Notes for the user that are not findings: complete sentences. */
  readonly notes: readonly string[];
  /** The diagnostics of reading. */
  readonly diagnostics: readonly Diagnostic[];
  /** Why no script can be written; `null` if one can. */
  readonly scriptObstacle: PortalGunError | null;
  /** Whether it changes only VMs of a libvirt: then a captured host can replace the host of these VMs. */
  readonly changesOnlyMachines: boolean;
  /** Whether it restores persisted settings, and so is allowed together with an interrupted change of other objects. */
  readonly goesOnBeside: boolean;
}

/** The decisions of an operation; the rest of a proposal follows from them. */
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
