import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, type Known, UNREAD } from '../../base/known.ts';
import type { HostdevPool } from '../hostdev/host-device.ts';
import { parseHostdevPool } from '../hostdev/host-device-parser.ts';
import type { Virsh, VirshAnswer } from '../virsh.ts';
import { parseXml } from '../xml/xml-document.ts';
import type { Networks } from './taken-functions.ts';

// Matches documents of VMs as libvirt writes them.
const NAMES_NETWORK = /<source[^>]*\snetwork=(?:'([^']*)'|"([^"]*)")/g;
const IS_NOT_THERE = /network not found|no network with matching/i;

/**
 * The networks in documents of VMs, and whether each is a pool of VFs. One process of virsh, and none without
 * networks. A network that libvirt does not return is unknown.
 */
export async function readNetworks(
  virsh: Pick<Virsh, 'runAll'>,
  documents: readonly VirshAnswer[],
  readOnly: boolean,
): Promise<Networks> {
  const names = [
    ...new Set(
      documents.flatMap(({ output }) =>
        [...output.matchAll(NAMES_NETWORK)].map(([, single, double]) =>
          resolveReferences(single ?? double ?? ''),
        ),
      ),
    ),
  ];
  if (names.length === 0) return new Map();
  const answers = await virsh.runAll(
    names.map((name) => ['net-dumpxml', '--network', name]),
    { readOnly },
  );
  return new Map(names.map((name, index) => [name, poolIn(name, answers[index])] as const));
}

function poolIn(name: string, answer: VirshAnswer | undefined): Known<HostdevPool> {
  if (answer === undefined) return UNREAD;
  if (answer.error !== null) return IS_NOT_THERE.test(answer.error) ? null : UNREAD;
  try {
    return parseHostdevPool(parseXml(answer.output, name));
  } catch (error) {
    if (error instanceof PortalGunError) return BROKEN;
    throw error;
  }
}

function resolveReferences(text: string): string {
  const known: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => known[name] ?? '');
}
