import { PortalGunError } from '../base/errors.ts';
import { parsePciAddress } from '../pci/address.ts';
import { type CommandResult, switchOf } from './command.ts';
import { persistPart } from './persist-option.ts';
import type { PersistedHost } from './persisted-host.ts';
import { runProposal } from './run-proposal.ts';

/**
 * Strikes out bindings by the addresses at which they were written down, also of devices that are gone.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for one that was written down for no binding
 */
export function forgetBindings(
  { args, terminal, dialogue, host, inventory, statuses, remarks }: PersistedHost,
  forgotten: readonly string[],
): Promise<CommandResult> {
  const known = statuses.map(({ binding }) => binding.address);
  const addresses = forgotten.map((text) => {
    const address = parsePciAddress(text);
    if (address !== undefined && known.includes(address)) return address;
    throw new PortalGunError('DEVICE_NOT_FOUND', 'no binding was written down for that address', {
      subject: text,
      hint: known.length === 0 ? 'none outlives a boot' : `there are ${known.join(', ')}`,
    });
  });
  const title = 'Keep bindings over reboots no more';
  const part = persistPart(host, title, switchOf(args, 'script') === true, (records) => ({
    ...records,
    bindings: records.bindings.filter(({ address }) => !addresses.includes(address)),
  }));
  return runProposal(
    {
      proposal: { plan: part.extend({ title, guards: [], steps: [] }), findings: [], allowed: new Set() },
      overview: part.overview,
      details: { devices: [], staying: [], persistence: part.details },
      inventory,
      remarks,
      nothingToDo: 'Nothing to do.\n',
      rules: null,
    },
    args,
    terminal,
    dialogue,
  );
}
