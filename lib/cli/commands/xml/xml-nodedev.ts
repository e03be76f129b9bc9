import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import { nodeDeviceXml } from '../../../operations/xml/node-device-xml.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderXmlFindings, snippetsDocument } from '../../../render/machine/hostdev-snippet-text.ts';
import { type CommandResult, isGiven, optionNamed } from '../../grammar/command.ts';
import { snippetsResult } from './snippets-result.ts';
import type { XmlValues } from './xml-values.ts';

/** The options for a host, which do not apply to the document of one device. */
const OTHERS = ['group', 'pool', 'all', 'host', 'source', 'connect'] as const;

/** `pci xml --nodedev`: the XML for a device of a VM, from the output of `virsh nodedev-dumpxml`. */
export function runXmlNodedev(args: XmlValues, readXml: (path: string) => XmlDocument): CommandResult {
  const other = args.devices[0] ?? OTHERS.filter((key) => isGiven(args[key])).map(optionNamed)[0];
  if (other !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --nodedev', { subject: other });
  }
  const domain = args.domain === undefined ? null : readXml(args.domain);
  const { snippets, findings } = nodeDeviceXml(readXml(args.nodedev ?? '-'), { ...args, domain });
  if (findings.length > 0 && args.from === undefined) {
    const advice =
      'pci: the document contradicts itself; use --from capability to trust its numbers, or --from name to trust its name\n';
    return {
      exitCode: EXIT.findings,
      stdout: args.json ? formatDocument(snippetsDocument(null, [], findings)) : renderXmlFindings(findings),
      stderr: args.json ? '' : advice,
    };
  }
  return snippetsResult(args, null, snippets, findings, '');
}
