import type { Diagnostic } from '../../base/diagnostic.ts';
import { nearCategory, parseCategory } from '../../libvirt/machine/category.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import { planTagging, type Tagging } from '../../libvirt/machine/tag-machines.ts';
import { planTaggings } from '../../plan/assignment/plan-tagging.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';

/** Options of `portal tag`. */
export interface TagOptions {
  /** Names or UUIDs of VMs. */
  readonly machines: readonly string[];
  /** Their new category; `null` for none. */
  readonly category: string | null;
}

/** The subject of a proposal to tag VMs. */
export interface TaggingSubject {
  /** The URI of the libvirt of the VMs. */
  readonly connect: string;
  readonly category: string | null;
  readonly taggings: readonly Tagging[];
  /** The diagnostics about the VMs. */
  readonly machineDiagnostics: readonly Diagnostic[];
}

/**
 * Proposes to set or remove the category of VMs.
 *
 * @throws PortalGunError BAD_ARGUMENT, MACHINE_NOT_FOUND, BAD_XML, and the errors of asking libvirt
 */
export async function proposeTagging(
  session: HostSession,
  { machines: words, category: asked }: TagOptions,
): Promise<HostProposal<TaggingSubject>> {
  const category = asked === null ? null : parseCategory(asked, '--type');
  const virsh = virshOf(session);
  const { machines, diagnostics } = await readMachines(virsh, 'look');
  const meant = new Set(words.map((word) => findMachine(machines, word)));
  const taggings = [...meant].map((machine) => planTagging(machine, category));
  return proposalOf({
    plan: planTaggings(virsh.uri, taggings, category),
    findings: [],
    allowed: new Set(),
    subject: { connect: virsh.uri, category, taggings, machineDiagnostics: diagnostics },
    inventory: { host: { label: virsh.uri }, devices: [], iommu: false, diagnostics: [] },
    notes: spellingNotes(category, machines),
    diagnostics: [],
    changesOnlyMachines: true,
  });
}

/** A user-defined name may be a typo if it is similar to a known one, and no VM has it yet. */
function spellingNotes(category: string | null, machines: readonly KnownMachine[]): readonly string[] {
  const meant = category === null ? undefined : nearCategory(category);
  const isUsed = machines.some((machine) => mainDocument(machine).machine.category === category);
  if (meant === undefined || isUsed) return [];
  return [`${category} is not a predefined category; did you mean ${meant}?`];
}
