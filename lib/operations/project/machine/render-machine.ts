import { PortalGunError } from '../../../base/errors.ts';
import { isIsolatedNetwork } from '../../../machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../../machines/network/network-text.ts';
import { networkUuid, projectMark } from '../../../machines/project/locked-values.ts';
import type { HostSession } from '../../session/host-session.ts';
import { virshOf } from '../../session/libvirt-connection.ts';
import { openMachines } from '../project-machines.ts';
import { askedHypervisor, type KnownHypervisor, knownHypervisor } from './hypervisor.ts';
import { renderedDocument } from './rendered-document.ts';

/** The libvirt documents of the definition of a machine. */
export interface RenderedMachine {
  readonly name: string;
  readonly uuid: string;
  readonly domain: string;
  /** The hypervisor of the domain. */
  readonly hypervisor: 'kvm' | 'qemu';
  /** Whether `portal up` may use another: its definition leaves it open, and KVM was not tried on this host yet. */
  readonly hypervisorMayDiffer: boolean;
  /** The networks that portal creates for it, by their names in definitions. */
  readonly networks: readonly { readonly name: string; readonly xml: string }[];
}

/**
 * Renders the documents of a machine. Nothing is changed.
 *
 * @param hypervisor the hypervisor if its definition leaves that open: by default the one that `portal up` would use, as far as that is known
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_IN_STORE, BAD_XML
 */
export async function renderMachine(
  session: HostSession,
  name: string,
  hypervisor?: 'kvm' | 'qemu',
): Promise<RenderedMachine> {
  const known = hypervisor === undefined ? await askedIfPossible(session) : { hypervisor, isSure: true };
  const { machines, seed } = await openMachines(
    session,
    { machines: [name] },
    { hypervisor: known.hypervisor, demandsStore: true },
  );
  const [found] = machines;
  if (found === undefined) throw new RangeError('a machine that is named is opened');
  const { definition, uuid } = found.machine;
  const networks = new Set(definition.nics.flatMap(({ network }) => network ?? []).filter(isIsolatedNetwork));
  return {
    name,
    uuid,
    domain: renderedDocument(found).text,
    hypervisor: found.machine.hypervisor,
    hypervisorMayDiffer: definition.accelerator === 'auto' && !known.isSure,
    networks: [...networks].map((network) => ({
      name: network,
      xml: renderIsolatedNetwork({ network, uuid: networkUuid(seed, network), project: projectMark(seed) }),
    })),
  };
}

/** libvirt is asked if nothing else tells; without libvirt it is not known. */
async function askedIfPossible(session: HostSession): Promise<KnownHypervisor> {
  try {
    return await askedHypervisor(session, virshOf(session));
  } catch (error) {
    if (error instanceof PortalGunError) return knownHypervisor(session);
    throw error;
  }
}
