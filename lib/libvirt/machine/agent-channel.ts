import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf } from '../xml/xml-element.ts';

/** The name of the virtio-serial port of the agent. The number is the version of its protocol. */
export const AGENT_PORT = 'org.portal-gun.agent.1';

/**
 * The path of the socket of the agent in a document of a domain; `null` if there is none:
 *
 *     <channel type='unix'>
 *       <source mode='bind' path='/run/portal-gun/machines/router0/agent'/>
 *       <target type='virtio' name='org.portal-gun.agent.1'/>
 *     </channel>
 */
export function agentSocketOf({ root }: Pick<XmlDocument, 'root'>): string | null {
  for (const channel of childrenOf(childOf(root, 'devices'), 'channel')) {
    const source = childOf(channel, 'source')?.attributes;
    const isServer = channel.attributes.get('type') === 'unix' && (source?.get('mode') ?? 'bind') === 'bind';
    if (isServer && childOf(channel, 'target')?.attributes.get('name') === AGENT_PORT) {
      return source?.get('path') || null;
    }
  }
  return null;
}
