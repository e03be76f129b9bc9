import { createHash } from 'node:crypto';
import { AGENT_PORT } from '../../libvirt/machine/agent-channel.ts';
import { consolePortName } from '../../libvirt/machine/console-ports.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import { boardAddress } from './pci-places.ts';

/** The ports of a controller of virtio-serial. Port 0 is for a console, which machines do not have there. */
const PORTS = 31;

/** The ports of virtio-serial of a machine, with their controller: for its agent, and for each console that it sees. */
export function channelNodes(machine: ResolvedMachine): readonly XmlNode[] {
  const { definition, paths, consoles } = machine;
  const channels = [
    ...(definition.agent === 'none' ? [] : [channelNode(AGENT_PORT, paths.agent)]),
    ...consoles.map((each) => channelNode(consolePortName(each), consolePortPath(machine, each.of))),
  ];
  if (channels.length === 0) return [];
  return [
    {
      name: 'controller',
      attributes: { type: 'virtio-serial', index: '0', ports: String(PORTS) },
      content: [boardAddress('channels')],
    },
    ...channels,
  ];
}

function channelNode(name: string, path: string): XmlNode {
  return {
    name: 'channel',
    attributes: { type: 'unix' },
    content: [
      { name: 'source', attributes: { mode: 'bind', path } },
      { name: 'target', attributes: { type: 'virtio', name } },
    ],
  };
}

/** By a checksum: with the names of two machines, the path could be longer than the 107 bytes of a socket. */
function consolePortPath({ paths }: ResolvedMachine, of: string): string {
  return `${paths.run}/console-${createHash('sha256').update(of).digest('hex').slice(0, 8)}`;
}
