import { PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { MAX_XML_BYTES, parseXml, type XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { type DeviceXml, deviceXml } from '../../../operations/xml/device-xml.ts';
import { poolXml } from '../../../operations/xml/pool-xml.ts';
import { type CommandResult, isGiven, optionNamed } from '../../grammar/command.ts';
import { sessionOf, viewRemarks } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { snippetsResult } from './snippets-result.ts';
import { runXmlFolder } from './xml-folder.ts';
import { runXmlNodedev } from './xml-nodedev.ts';
import type { XmlValues } from './xml-values.ts';

/** Options that require another one. */
const BELONGS: readonly (readonly [option: keyof XmlValues, to: keyof XmlValues])[] = [
  ['outputDir', 'all'],
  ['overwrite', 'all'],
  ['from', 'nodedev'],
];

/** The options for one device, which do not apply to a network of VFs. */
const NOT_OF_POOL = ['as', 'rom', 'mac', 'bootOrder', 'teaming', 'group', 'guestAddress', 'domain'] as const;

/** `pci xml`: the XML for devices of a VM, in the form of libvirt. */
export async function runXml(
  args: XmlValues,
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const stray = BELONGS.find(([option, to]) => isGiven(args[option]) && !isGiven(args[to]));
  if (stray !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', `applies only with ${optionNamed(stray[1])}`, {
      subject: optionNamed(stray[0]),
    });
  }
  const session = sessionOf(args, ports);
  const files = await ports.openUserFiles();
  const readXml = (path: string): XmlDocument =>
    parseXml(files.read(path, MAX_XML_BYTES, 'BAD_XML'), files.nameOf(path));
  if (args.nodedev !== undefined) return runXmlNodedev(args, readXml);
  if (args.all) return runXmlFolder(args, terminal, session);
  if (args.devices.length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'no device given', {
      hint: 'name a device, such as pci xml 03:00.0; see pci xml --help',
    });
  }
  const written =
    args.pool === undefined
      ? await deviceXml(session, { ...args, domain: args.domain === undefined ? null : readXml(args.domain) })
      : await ofPool(session, args, args.pool);
  const { inventory, snippets, diagnostics } = written;
  return snippetsResult(args, inventory.host, snippets, [], viewRemarks(args, session, written, diagnostics));
}

function ofPool(session: HostSession, args: XmlValues, name: string): Promise<DeviceXml> {
  const other = NOT_OF_POOL.find((key) => isGiven(args[key]));
  if (other !== undefined) {
    throw new PortalGunError(
      'BAD_ARGUMENT',
      'cannot be used with --pool: it applies to the interface of a VM',
      { subject: optionNamed(other) },
    );
  }
  return poolXml(session, { ...args, name });
}
