import { knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { Runner } from '../../host/runner.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { Attachment } from '../../pci/attachment.ts';
import { type LivePfLink, type PfLink, parsePfLink } from '../../pci/sriov/pf-link.ts';
import { uplinkOf } from '../../pci/sriov/uplink.ts';
import { NO_MAC } from '../../pci/sriov/vf-settings.ts';
import { readInterfaces, readPortName } from '../host-use/network/interfaces.ts';
import { SYS_PATHS } from '../paths.ts';
import { readFunction } from './read-inventory.ts';

/** The program that shows and sets the settings of VFs: the kernel has no files for them. */
export const IP = 'ip';

/** Why the interface of a PF could not be read: there is no such program, or it failed, with its output. */
export type LinkFailure = { readonly missing: typeof IP } | { readonly failed: string };

/**
 * The network interface of a function: its uplink, if it also has representors, otherwise the first; `null` for none.
 */
function interfaceOf(host: HostReader, address: PciAddress): Attachment | null {
  const things = knownValue(readFunction(host, address, ['attachments'])?.attachments ?? null) ?? [];
  const own = things.filter(({ kind }) => kind === 'net');
  // With one interface there is no choice.
  if (own.length < 2) return own[0] ?? null;
  const ports = own.map((thing) => ({
    ...thing,
    portName: readPortName(host, `${SYS_PATHS.netClass}/${thing.name}`),
  }));
  return uplinkOf(ports) ?? null;
}

/** The kernel's data about the interface of a PF and its VFs; `null` if the PF has no interface. */
export async function readPfLink(
  host: HostReader,
  runner: Runner,
  address: PciAddress,
): Promise<LivePfLink | LinkFailure | null> {
  const name = interfaceOf(host, address)?.name;
  if (name === undefined) return null;
  const run = await runner.run(IP, ['-json', 'link', 'show', 'dev', name]);
  if (run.kind === 'missing') return { missing: IP };
  if (run.kind === 'failed') return { failed: `${IP} ${run.detail}` };
  if (run.exitCode !== 0) return { failed: saidOf(run) };
  return parsePfLink(run.stdout, name) ?? { failed: `${IP} does not say what ${name} is` };
}

/** The interface of a PF from files, for a host that is not this machine. */
export function readCapturedLink(host: HostReader, address: PciAddress): PfLink | null {
  const found = interfaceOf(host, address);
  if (found === null) return null;
  const { name, mac } = found;
  const interfaces = readInterfaces(host);
  return {
    interface: name,
    isUp: mapKnown(interfaces, (all) => all.find((each) => each.name === name)?.isUp ?? null),
    mac: mac === NO_MAC ? null : (knownValue(mac) ?? null),
    vfs: UNREAD,
  };
}

/** The error output of a failed run of `ip`, without its prefix. */
export function saidOf({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): string {
  const [said = ''] = stderr.trim().split('\n');
  return said === '' ? `${IP} exits with ${exitCode}` : said.replace(/^(RTNETLINK answers|Error): /, '');
}

export function isLinkFailure(reading: PfLink | LinkFailure | null): reading is LinkFailure {
  return reading !== null && ('missing' in reading || 'failed' in reading);
}
