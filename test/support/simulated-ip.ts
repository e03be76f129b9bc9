import { knownValue } from '../../lib/base/known.ts';
import type { HostReader } from '../../lib/host/host-reader.ts';
import type { HostWriter, Writing } from '../../lib/host/host-writer.ts';
import type { Run } from '../../lib/host/runner.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { NO_MAC } from '../../lib/pci/sriov/vf-settings.ts';
import { readDriverNow } from '../../lib/sysfs/device/driver-state.ts';
import { readInventory } from '../../lib/sysfs/device/read-inventory.ts';

interface Vf {
  mac: string;
  /** Whether its own driver generated it. */
  isMadeUp: boolean;
  vlan: number;
  qos: number;
  spoofchk: boolean;
  trust: boolean;
}

interface Interface {
  readonly pf: PciAddress;
  isUp: boolean;
  vfs: Vf[];
}

const FRESH: Vf = { mac: NO_MAC, isMadeUp: false, vlan: 0, qos: 0, spoofchk: true, trust: false };

/** Errors of the kernel in `ip` of iproute2 6.15 for an 82576 on igb (Linux 6.12). */
const REFUSALS = {
  argument: 'RTNETLINK answers: Invalid argument',
  unsupported: 'RTNETLINK answers: Operation not supported',
  protocol: 'RTNETLINK answers: Protocol not supported',
} as const;

/**
 * `ip link` for the interfaces of the PFs of a simulated machine, with the behavior of igb: no link state, and no
 * rate without a link. The settings of VFs are lost with them, so all writes to the machine go through this.
 */
export class SimulatedIp implements HostWriter {
  readonly #kernel: HostReader & HostWriter;
  readonly #interfaces = new Map<string, Interface>();
  #madeUp = 0;

  constructor(kernel: HostReader & HostWriter) {
    this.#kernel = kernel;
    for (const { address, sriov, netInterfaces } of readInventory(kernel, NO_NAMES, [
      'sriov',
      'netInterfaces',
    ]).devices) {
      const [name] = knownValue(netInterfaces) ?? [];
      const role = knownValue(sriov);
      if (name === undefined || role?.role !== 'pf') continue;
      const vfs = role.virtualFunctions.map(() => ({ ...FRESH }));
      this.#interfaces.set(name, { pf: address, isUp: false, vfs });
    }
  }

  async write(path: string, text: string): Promise<Writing> {
    const writing = await this.#kernel.write(path, text);
    for (const each of this.#interfaces.values()) {
      const isOfIt = path.endsWith(`/${each.pf}/sriov_numvfs`);
      if (isOfIt && writing === 'written')
        each.vfs = Array.from({ length: Number(text) }, () => ({ ...FRESH }));
    }
    this.#makeUpMacs();
    return writing;
  }

  run(args: readonly string[]): Run {
    const words = args.filter((word) => word !== '-json');
    const [object, verb, dev, name = '', ...rest] = words;
    const link = this.#interfaces.get(name);
    if (object !== 'link' || dev !== 'dev') throw new Error(`ip ${args.join(' ')} is not simulated`);
    if (link === undefined)
      return failed(1, verb === 'show' ? `Device "${name}" does not exist.` : `Cannot find device "${name}"`);
    if (verb === 'show') return said(JSON.stringify([shown(name, link)]));
    const refusal = rest[0] === 'vf' ? setVf(link, rest.slice(1)) : switchLink(link, rest);
    this.#makeUpMacs();
    return refusal === null ? said('') : failed(2, refusal);
  }

  /** The state of the interfaces, one line each. */
  state(): readonly string[] {
    return [...this.#interfaces].map(([name, { isUp, vfs }]) =>
      JSON.stringify([
        name,
        isUp,
        vfs.map((vf) => (vf.isMadeUp ? { ...vf, mac: NO_MAC, isMadeUp: false } : vf)),
      ]),
    );
  }

  /** igbvf generates a MAC if it finds none, and reports it to a PF that is up. */
  #makeUpMacs(): void {
    for (const { pf, isUp, vfs } of this.#interfaces.values()) {
      for (const [index, vf] of vfs.entries()) {
        if (!isUp || vf.mac !== NO_MAC) continue;
        const link = this.#kernel.readLink(`/sys/bus/pci/devices/${pf}/virtfn${index}`);
        const address = typeof link === 'string' ? link.slice(link.lastIndexOf('/') + 1) : '';
        if (readDriverNow(this.#kernel, address as PciAddress) !== 'igbvf') continue;
        this.#madeUp += 1;
        vf.mac = `aa:00:00:00:00:${this.#madeUp.toString(16).padStart(2, '0').slice(-2)}`;
        vf.isMadeUp = true;
      }
    }
  }
}

function switchLink(link: Interface, [word]: readonly string[]): string | null {
  if (word !== 'up' && word !== 'down') throw new Error(`ip link set … ${word} is not simulated`);
  link.isUp = word === 'up';
  return null;
}

function setVf(link: Interface, [index, ...settings]: readonly string[]): string | null {
  const vf = link.vfs[Number(index)];
  if (vf === undefined) return REFUSALS.argument;
  const asked = new Map<string, string>();
  for (let at = 0; at < settings.length; at += 2) asked.set(settings[at] ?? '', settings[at + 1] ?? '');
  const mac = asked.get('mac');
  if (mac !== undefined) {
    if (Number.parseInt(mac, 16) & 1) return REFUSALS.argument;
    vf.mac = mac;
    vf.isMadeUp = false;
  }
  if (asked.has('vlan')) {
    if (asked.has('proto')) return REFUSALS.protocol;
    vf.vlan = Number(asked.get('vlan'));
    vf.qos = Number(asked.get('qos') ?? 0);
  }
  if (asked.has('trust')) vf.trust = asked.get('trust') === 'on';
  if (asked.has('spoofchk')) vf.spoofchk = asked.get('spoofchk') === 'on';
  if (asked.has('state')) return REFUSALS.unsupported;
  const rates = ['max_tx_rate', 'min_tx_rate'].map((key) => asked.get(key) ?? '0');
  return rates.every((rate) => rate === '0') ? null : REFUSALS.argument;
}

function shown(ifname: string, { isUp, vfs }: Interface): object {
  return {
    ifname,
    flags: ['BROADCAST', 'MULTICAST', ...(isUp ? ['UP', 'LOWER_UP'] : [])],
    operstate: isUp ? 'UP' : 'DOWN',
    link_type: 'ether',
    address: '52:54:00:00:00:02',
    vfinfo_list: vfs.map(({ mac, vlan, qos, spoofchk, trust }, vf) => ({
      vf,
      link_type: 'ether',
      address: mac,
      vlan_list: [{ ...(vlan === 0 ? {} : { vlan }), ...(qos === 0 ? {} : { qos }) }],
      rate: { max_tx: 0, min_tx: 0 },
      spoofchk,
      link_state: 'auto',
      trust,
    })),
  };
}

function said(stdout: string): Run {
  return { kind: 'exited', exitCode: 0, stdout, stderr: '' };
}

function failed(exitCode: number, stderr: string): Run {
  return { kind: 'exited', exitCode, stdout: '', stderr: `${stderr}\n` };
}
