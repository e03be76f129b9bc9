import type { Known, Unknown } from '../../base/known.ts';
import type { VfSettings } from './vf-settings.ts';
import { NO_MAC, NO_VLAN, VF_LINK_STATES } from './vf-settings.ts';

/** The network interface of a PF, and the settings of its VFs. */
export interface PfLink {
  readonly interface: string;
  readonly isUp: Known<boolean>;
  /** The permanent MAC, if the kernel reports it, otherwise the current one; `null` if it has none. */
  readonly mac: string | null;
  /** By the index of the VF; unread for a snapshot, because it has no output of `ip`. */
  readonly vfs: ReadonlyMap<number, VfSettings> | Unknown;
}

/** The same, from the running kernel. */
export interface LivePfLink extends PfLink {
  readonly vfs: ReadonlyMap<number, VfSettings>;
}

const MAX_VFS = 65536;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/**
 * Parses the output of `ip -json link show dev NAME`; `undefined` if it is not such output. An invalid setting of a
 * VF is omitted.
 */
export function parsePfLink(rawText: string, name: string): LivePfLink | undefined {
  const links = parseJson(rawText);
  const link = Array.isArray(links)
    ? links.find((each) => isObject(each) && each['ifname'] === name)
    : undefined;
  if (!isObject(link) || !Array.isArray(link['flags'])) return undefined;
  const { flags, vfinfo_list: list = [] } = link;
  if (!Array.isArray(list) || list.length > MAX_VFS) return undefined;
  const vfs = new Map<number, VfSettings>();
  for (const entry of list) {
    if (isObject(entry) && isNumber(entry['vf'], MAX_VFS)) vfs.set(entry['vf'], parseVf(entry));
  }
  const mac = macOf(link['permaddr']) ?? macOf(link['address']);
  return { interface: name, isUp: flags.includes('UP'), mac: mac === NO_MAC ? null : (mac ?? null), vfs };
}

type Entry = Readonly<Record<string, unknown>>;

function parseVf(entry: Entry): VfSettings {
  const { trust, spoofchk, link_state: state } = entry;
  const linkState = VF_LINK_STATES.find((each) => each === state);
  const [mac, vlan, rate] = [macOf(entry['address'] ?? entry['mac']), vlanOf(entry), rateOf(entry)];
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(vlan === undefined ? {} : { vlan }),
    ...(typeof trust === 'boolean' ? { trust } : {}),
    ...(typeof spoofchk === 'boolean' ? { spoofCheck: spoofchk } : {}),
    ...(linkState === undefined ? {} : { linkState }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** `"vlan_list":[{"vlan":100,"qos":3}]`, with empty braces for none; kernels before 4.9 have it in the entry. */
function vlanOf(entry: Entry): VfSettings['vlan'] | undefined {
  const [first] = Array.isArray(entry['vlan_list']) ? entry['vlan_list'] : [entry];
  if (!isObject(first)) return undefined;
  const { vlan = 0, qos = 0, protocol = '802.1Q' } = first;
  if (!isNumber(vlan, 4095) || !isNumber(qos, 7)) return undefined;
  if (protocol !== '802.1Q' && protocol !== '802.1ad') return undefined;
  return vlan === 0 && qos === 0 ? NO_VLAN : { id: vlan, qos, protocol };
}

function rateOf({ rate, tx_rate: plain }: Entry): VfSettings['rate'] | undefined {
  const { max_tx: max, min_tx: min = 0 } = isObject(rate) ? rate : { max_tx: plain };
  return isNumber(max, 0xffffffff) && isNumber(min, 0xffffffff) ? { min, max } : undefined;
}

function macOf(value: unknown): string | undefined {
  return typeof value === 'string' && MAC.test(value) ? value : undefined;
}

function isNumber(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(rawText: string): unknown {
  try {
    return JSON.parse(rawText);
  } catch {
    return undefined;
  }
}
