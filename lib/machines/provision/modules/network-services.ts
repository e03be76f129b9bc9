import * as z from 'zod/mini';
import { yamlList } from '../../../base/yaml-form.ts';
import { integer, key, required, text } from '../../definition/form-parts.ts';
import type { DesiredPart } from '../guest-state.ts';
import type { ProvisionModule } from '../provision-module.ts';
import { interfaceNamed, interfacesIn, label, maskOf, unknownLabel } from './network-interfaces.ts';
import { runningCheck, runningService } from './service-modules.ts';
import { plainFile } from './system-modules.ts';

const RANGE = /^\.(\d{1,3})-\.(\d{1,3})$/;
const DNSMASQ = '/etc/dnsmasq.d/portal-gun.conf';

export const dhcpForm = z.strictObject({
  serve: required(label(), 'Interface of `network/interfaces`, with a fixed address.'),
  range: required(
    text(RANGE, 'must be two last parts of addresses, such as .100-.200'),
    'Addresses that are given: `.100-.200` in the network of the interface.',
  ),
});

/** A DHCP and DNS server for the network of an interface. */
export const dhcpModule: ProvisionModule<z.output<typeof dhcpForm>> = {
  summary: 'Gives addresses and names to a network, by dnsmasq, which it installs.',
  faults: ({ serve, range }, definition) => {
    const unknown = unknownLabel(['serve'], serve, definition);
    if (unknown.length > 0) return unknown;
    const { address } = interfacesIn(definition)[serve] ?? {};
    if (address === undefined) {
      return [{ path: ['serve'], message: `"${serve}" has no fixed address`, hint: 'give it "address"' }];
    }
    const [low, high] = boundsOf(range, address);
    const isInside = low <= high && [low, high].every((each) => isUsable(each, address));
    if (isInside) return [];
    return [{ path: ['range'], message: `is not a range in the network ${address}` }];
  },
  render({ serve, range }, context) {
    const { origin } = context;
    const address = interfacesIn(context.definition)[serve]?.address ?? '';
    const [low, high] = boundsOf(range, address);
    const [own = ''] = address.split('/');
    const lines = [
      ...['# Written by portal-gun', `interface=${interfaceNamed(serve, context)}`, 'bind-dynamic'],
      `dhcp-range=${dotted(low)},${dotted(high)},${maskOf(address)},12h`,
      `dhcp-option=option:router,${own}`,
    ];
    return {
      parts: [
        { kind: 'setting', setting: 'package', of: 'dnsmasq', value: 'installed', origin },
        plainFile(DNSMASQ, `${lines.join('\n')}\n`, origin),
        { kind: 'restart', service: 'dnsmasq', paths: [DNSMASQ], origin },
        ...runningService('dnsmasq', origin),
      ],
      checks: [runningCheck('dnsmasq', context.init, origin)],
    };
  },
};

const ARROW = /^([a-z][a-z0-9-]*) *-> *([a-z][a-z0-9-]*)$/;

export const firewallForm = z.strictObject({
  masquerade: required(
    text(ARROW, 'must be INTERFACE -> INTERFACE'),
    'Packets from the first interface leave by the second one with its address: `lan -> wan`.',
  ),
  allow: key(yamlList(integer(1, 65_535)), 'TCP ports of the guest that are open on the second interface.'),
});

/** A router between two interfaces. */
export const firewallModule: ProvisionModule<z.output<typeof firewallForm>> = {
  summary:
    'Forwards packets from one interface to another with address translation, and closes the second one to new connections, by nftables, which it installs.',
  faults: ({ masquerade }, definition) =>
    endsOf(masquerade).flatMap((name) => unknownLabel(['masquerade'], name, definition)),
  render({ masquerade, allow = [] }, context) {
    const { init, origin } = context;
    const [inner, outer] = endsOf(masquerade).map((name) => interfaceNamed(name, context));
    const path = init === 'openrc' ? '/etc/nftables.nft' : '/etc/nftables.conf';
    const forward = 'net.ipv4.ip_forward';
    const parts: readonly DesiredPart[] = [
      { kind: 'setting', setting: 'package', of: 'nftables', value: 'installed', origin },
      plainFile(path, rulesOf(inner ?? '', outer ?? '', allow), origin, 0o755),
      { kind: 'restart', service: 'nftables', paths: [path], origin },
      plainFile('/etc/sysctl.d/91-portal-gun-forward.conf', `${forward} = 1\n`, origin),
      { kind: 'setting', setting: 'sysctl', of: forward, value: '1', origin },
      ...runningService('nftables', origin),
    ];
    return {
      parts,
      checks: [
        {
          words: `packets are forwarded, ${masquerade}`,
          script: `[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] && nft list table ip portal_gun_nat | grep -q masquerade`,
          origin,
        },
      ],
    };
  },
};

/** The names of interfaces were read from the guest, in a form without quotes. */
function rulesOf(inner: string, outer: string, allow: readonly number[]): string {
  return `#!/usr/sbin/nft -f
# Written by portal-gun
flush ruleset
table inet portal_gun {
	chain input {
		type filter hook input priority 0; policy accept;
		iifname != "${outer}" accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		udp dport 68 accept
${allow.length === 0 ? '' : `\t\ttcp dport { ${allow.join(', ')} } accept\n`}		drop
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname "${inner}" oifname "${outer}" accept
	}
}
table ip portal_gun_nat {
	chain postrouting {
		type nat hook postrouting priority 100;
		oifname "${outer}" masquerade
	}
}
`;
}

function endsOf(masquerade: string): readonly string[] {
  return (ARROW.exec(masquerade) ?? []).slice(1);
}

/** The addresses of a range, as numbers: each has the last part that is given, in the network of the interface. */
function boundsOf(range: string, address: string): readonly [number, number] {
  const [, low = '0', high = '0'] = RANGE.exec(range) ?? [];
  const base = numberOf(address.split('/')[0] ?? '') - (numberOf(address.split('/')[0] ?? '') % 256);
  return [base + Number(low), base + Number(high)];
}

function isUsable(each: number, address: string): boolean {
  const [own = '', bits = '32'] = address.split('/');
  const size = 2 ** (32 - Number(bits));
  const network = numberOf(own) - (numberOf(own) % size);
  return each > network && each < network + size - 1 && each !== numberOf(own);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
