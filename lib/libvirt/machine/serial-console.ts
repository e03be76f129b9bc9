import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';

/** The first serial console of a VM, by what is at its other end. */
export type SerialConsole =
  /** A socket that QEMU serves. */
  | { readonly kind: 'socket'; readonly path: string; readonly log: string | null }
  /** Another kind of libvirt: `pty`, `file`, `tcp`; `unix-client` for a socket that another program serves. */
  | {
      readonly kind: 'other';
      readonly type: string;
      /** The file, for one that writes to a file. */
      readonly path: string | null;
      readonly log: string | null;
    };

/**
 * The console of a document of a domain; `null` if there is none. A socket goes before another kind, so that a VM can have
 * both:
 *
 *     <serial type='unix'>
 *       <source mode='bind' path='/run/portal-gun/machines/router0/console'/>
 *       <log file='/var/log/portal-gun/machines/router0/console.log' append='on'/>
 *       <target type='isa-serial' port='0'/>
 *     </serial>
 */
export function serialConsoleOf({ root }: Pick<XmlDocument, 'root'>): SerialConsole | null {
  const devices = childOf(root, 'devices');
  // The first <console> is the first <serial> once more, if there is one.
  const found = [...childrenOf(devices, 'serial'), ...childrenOf(devices, 'console')].map(consoleIn);
  return found.find(({ kind }) => kind === 'socket') ?? found[0] ?? null;
}

function consoleIn(element: XmlElement): SerialConsole {
  const type = element.attributes.get('type') ?? 'pty';
  const source = childOf(element, 'source');
  const path = source?.attributes.get('path') || null;
  const log = childOf(element, 'log')?.attributes.get('file') || null;
  if (type !== 'unix') return { kind: 'other', type, path: type === 'file' ? path : null, log };
  // libvirt waits for connections unless the document has another mode.
  const isServer = (source?.attributes.get('mode') ?? 'bind') === 'bind';
  if (isServer && path !== null) return { kind: 'socket', path, log };
  return { kind: 'other', type: 'unix-client', path: null, log };
}
