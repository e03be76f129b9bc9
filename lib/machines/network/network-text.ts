import { MACHINE_NAMESPACE, MACHINE_PREFIX } from '../../libvirt/machine/machine-metadata.ts';
import { formatDocument } from '../format-document.ts';
import { bridgeNameOf, libvirtNetworkName } from './network-name.ts';

/** A network that portal-gun creates. */
export interface IsolatedNetwork {
  /** As definitions name it: `isolated/lan`. */
  readonly network: string;
  readonly uuid: string;
  /** The project whose machines use it; `null` for none. */
  readonly project: string | null;
}

/**
 * An isolated network as `virsh net-define` takes it: a bridge that connects its machines and nothing else. The host has no
 * address on it, and no program serves it. It is known as ours by its metadata.
 */
export function renderIsolatedNetwork({ network, uuid, project }: IsolatedNetwork): string {
  const name = libvirtNetworkName(network);
  return formatDocument({
    name: 'network',
    // Without it libvirt blocks IPv6 between machines, because the network has no IPv6 address.
    attributes: { ipv6: 'yes' },
    content: [
      { name: 'name', content: name },
      { name: 'uuid', content: uuid },
      {
        name: 'metadata',
        content: [
          {
            name: `${MACHINE_PREFIX}:network`,
            attributes: {
              [`xmlns:${MACHINE_PREFIX}`]: MACHINE_NAMESPACE,
              network,
              project: project ?? undefined,
            },
          },
        ],
      },
      { name: 'bridge', attributes: { name: bridgeNameOf(name), stp: 'on', delay: '0' } },
      // Otherwise libvirt starts a DNS server as soon as the network has an address.
      { name: 'dns', attributes: { enable: 'no' } },
    ],
  });
}
