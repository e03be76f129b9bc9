import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf } from '../xml/xml-element.ts';

/** A port of a VM on which it has the console of another machine. */
export interface ConsolePort {
  /** The name of the other machine. */
  readonly of: string;
  /** Whether the VM can also send keys to it. */
  readonly writes: boolean;
  /** The socket that QEMU serves for the port. */
  readonly path: string;
}

/** The name of each port begins with it. */
export const CONSOLE_PORT_PREFIX = 'org.portal-gun.console';
const READ_PREFIX = `${CONSOLE_PORT_PREFIX}.`;
const WRITE_PREFIX = `${CONSOLE_PORT_PREFIX}-write.`;
const MACHINE_NAME = /^[a-z][a-z0-9-]{0,40}$/;

/**
 * The name of a port of virtio-serial for the console of a machine. The guest finds the port by it:
 * `/sys/class/virtio-ports/vport0p1/name`. Only the host can set it.
 */
export function consolePortName({ of, writes }: Pick<ConsolePort, 'of' | 'writes'>): string {
  return `${writes ? WRITE_PREFIX : READ_PREFIX}${of}`;
}

/**
 * The ports of a document of a domain that have consoles of other machines:
 *
 *     <channel type='unix'>
 *       <source mode='bind' path='/run/portal-gun/machines/user0/console-5e1f2a3b'/>
 *       <target type='virtio' name='org.portal-gun.console.router0'/>
 *     </channel>
 */
export function consolePortsOf({ root }: Pick<XmlDocument, 'root'>): readonly ConsolePort[] {
  return childrenOf(childOf(root, 'devices'), 'channel').flatMap((channel): readonly ConsolePort[] => {
    const source = childOf(channel, 'source')?.attributes;
    const path = source?.get('path');
    const name = childOf(channel, 'target')?.attributes.get('name') ?? '';
    const prefix = [READ_PREFIX, WRITE_PREFIX].find((each) => name.startsWith(each));
    if (prefix === undefined || path === undefined || source?.get('mode') !== 'bind') return [];
    const of = name.slice(prefix.length);
    return MACHINE_NAME.test(of) ? [{ of, writes: prefix === WRITE_PREFIX, path }] : [];
  });
}
