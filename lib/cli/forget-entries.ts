import { PortalGunError } from '../base/errors.ts';
import { planPersistPart } from '../operations/binding/persist-part.ts';
import { proposalOf } from '../operations/change/host-proposal.ts';
import { type PciAddress, parsePciAddress } from '../pci/address.ts';
import { renderPersistence } from '../render/change/persistence-text.ts';
import { persistenceDetails } from '../render/change/plan-document.ts';
import type { CommandResult } from './grammar/command.ts';
import type { AskedHost } from './persisted-host.ts';
import { sessionOf } from './reading-options.ts';
import { runProposal } from './run-proposal.ts';

/** What may be forgotten, in words, and what the document of a plan has for it. */
const KINDS = {
  bindings: {
    title: 'Keep bindings over reboots no more',
    unknown: 'no binding was written down for that address',
    details: { devices: [], staying: [] },
  },
  pfs: {
    title: 'Keep VFs over reboots no more',
    unknown: 'no PF was written down for that address',
    details: { pfs: [] },
  },
} as const;

/** The addresses that `--forget` names. */
export function forgottenOf(args: AskedHost['args']): readonly string[] {
  return args.forget.flatMap((text) => text.split(','));
}

/**
 * Strikes out bindings, or PFs with their VFs, by the addresses at which they were written down, also of devices that are
 * gone.
 *
 * @param known those at which any was written down
 * @throws PortalGunError DEVICE_NOT_FOUND for another
 */
export function forgetEntries(
  kind: keyof typeof KINDS,
  known: readonly PciAddress[],
  { args, terminal, dialogue, inventory, remarks }: Omit<AskedHost, 'pending'>,
): Promise<CommandResult> {
  const { title, unknown, details } = KINDS[kind];
  const addresses = forgottenOf(args).map((text) => {
    const address = parsePciAddress(text);
    if (address !== undefined && known.includes(address)) return address;
    throw new PortalGunError('DEVICE_NOT_FOUND', unknown, {
      subject: text,
      hint: known.length === 0 ? 'none outlives a boot' : `there are ${known.join(', ')}`,
    });
  });
  const stays = ({ address }: { readonly address: PciAddress }): boolean => !addresses.includes(address);
  const part = planPersistPart(sessionOf(args), title, (records) => ({
    ...records,
    ...(kind === 'bindings'
      ? { bindings: records.bindings.filter(stays) }
      : { pfs: records.pfs.filter(stays) }),
  }));
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: part.extend({ title, guards: [], steps: [] }),
        findings: [],
        allowed: new Set(),
        subject: null,
        inventory,
        diagnostics: [],
        scriptObstacle: part.scriptObstacle,
      }),
      overview: (width) => renderPersistence(part, width),
      details: { ...details, persistence: persistenceDetails(part) },
      remarks,
      nothingToDo: 'Nothing to do.\n',
    },
    args,
    terminal,
    dialogue,
  );
}
