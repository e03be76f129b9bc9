import { isIsolatedNetwork } from '../../../machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../../machines/network/network-text.ts';
import { networkUuid, projectMark } from '../../../machines/project/locked-values.ts';
import type { HostSession } from '../../session/host-session.ts';
import { openMachines } from '../project-machines.ts';
import { knownHypervisor } from './hypervisor.ts';
import { renderedDocument } from './rendered-document.ts';

/** The libvirt documents of the definition of a machine. */
export interface RenderedMachine {
  readonly name: string;
  readonly uuid: string;
  readonly domain: string;
  /** The networks that portal creates for it, by their names in definitions. */
  readonly networks: readonly { readonly name: string; readonly xml: string }[];
}

/**
 * Renders the documents of a machine. Nothing is changed, and libvirt is not asked.
 *
 * @param hypervisor the hypervisor if its definition leaves that open: KVM if the host has it, by default
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_IN_STORE, BAD_XML
 */
export async function renderMachine(
  session: HostSession,
  name: string,
  hypervisor: 'kvm' | 'qemu' = knownHypervisor(session).hypervisor,
): Promise<RenderedMachine> {
  const { machines, seed } = await openMachines(
    session,
    { machines: [name] },
    { hypervisor, demandsStore: true },
  );
  const [found] = machines;
  if (found === undefined) throw new RangeError('a machine that is named is opened');
  const { definition, uuid } = found.machine;
  const networks = new Set(definition.nics.flatMap(({ network }) => network ?? []).filter(isIsolatedNetwork));
  return {
    name,
    uuid,
    domain: renderedDocument(found).text,
    networks: [...networks].map((network) => ({
      name: network,
      xml: renderIsolatedNetwork({ network, uuid: networkUuid(seed, network), project: projectMark(seed) }),
    })),
  };
}
