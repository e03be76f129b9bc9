import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';
import { withEdit } from '../../../lib/machines/provision/file-edits.ts';
import type { DesiredPart, GuestInit } from '../../../lib/machines/provision/guest-state.ts';
import { renderModule } from '../../../lib/machines/provision/module-table.ts';

const ROUTER = `category: router
nics: [{ network: isolated/wan }, { network: isolated/lan }]
provision:
  - network/interfaces:
      wan: { nic: 0, dhcp: true }
      lan: { nic: 1, address: 10.0.0.1/24 }
  - network/dhcp: { serve: lan, range: .100-.200 }
  - network/firewall: { masquerade: lan -> wan, allow: [22] }
`;
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const NAMES = new Map(MACS.map((mac, index) => [mac, `eth${index}`]));

/** What each module of a definition demands, by the name of the module. */
function rendered(text: string, init: GuestInit): ReadonlyMap<string, readonly DesiredPart[]> {
  const { definition, faults } = parseDefinition(text, 'r0', 'machine.yaml');
  if (definition === null) throw new Error(JSON.stringify(faults));
  const context = {
    ...{ definition, init, interfaceNames: NAMES, pci: [], origin: 'machine.yaml' },
    nics: MACS.map((mac) => ({ mac, interfaceName: NAMES.get(mac) ?? null })),
  };
  return new Map(definition.provision.map((entry) => [entry.module, renderModule(entry, context).parts]));
}

function textAt(parts: readonly DesiredPart[] = [], path: string): string | null {
  const file = parts.find((part) => part.kind === 'file' && part.path === path);
  return file?.kind === 'file' ? Buffer.from(file.content).toString('utf8') : null;
}

describe('a router', () => {
  it('is defined in fewer than forty lines', () => {
    expect(ROUTER.split('\n').length).toBeLessThan(40);
  });

  it('has its interfaces in systemd-networkd, or in /etc/network/interfaces', () => {
    const lan = rendered(ROUTER, 'systemd').get('network/interfaces');
    expect(textAt(lan, '/etc/systemd/network/10-portal-gun-lan.network')).toContain(
      'MACAddress=02:00:00:00:00:02\n\n[Network]\nAddress=10.0.0.1/24\n',
    );
    const plain = rendered(ROUTER, 'openrc').get('network/interfaces');
    expect(textAt(plain, '/etc/network/interfaces')).toContain(
      'auto eth1\niface eth1 inet static\n\taddress 10.0.0.1\n\tnetmask 255.255.255.0\n',
    );
  });

  it('gives addresses of its network, and forwards packets from one interface only', () => {
    const parts = rendered(ROUTER, 'systemd');
    expect(textAt(parts.get('network/dhcp'), '/etc/dnsmasq.d/portal-gun.conf')).toBe(
      '# Written by portal-gun\ninterface=eth1\nbind-dynamic\ndhcp-range=10.0.0.100,10.0.0.200,255.255.255.0,12h\ndhcp-option=option:router,10.0.0.1\n',
    );
    const rules = textAt(parts.get('network/firewall'), '/etc/nftables.conf');
    expect(rules).toContain('iifname "eth1" oifname "eth0" accept');
    expect(rules).toContain('tcp dport { 22 } accept');
  });
});

describe('an edit of a file', () => {
  const block = { kind: 'block', name: 'a', text: 'new\n' } as const;
  const whole = '# BEGIN portal-gun a\nnew\n# END portal-gun a\n';

  it.each([
    ['is added at the end', 'x\n', `x\n${whole}`],
    ['is added after a last line without an end', 'x', `x\n${whole}`],
    ['replaces the one of its name', `x\n${whole.replace('new', 'old\nolder')}y\n`, `x\n${whole}y\n`],
    ['keeps lines of others if its end was removed', '# BEGIN portal-gun a\nx\n', `${whole}x\n`],
  ])('as a block %s', (_, before, after) => {
    expect(withEdit(before, block)).toBe(after);
    expect(withEdit(after, block)).toBe(after);
  });

  it('removes an empty block', () => {
    expect(withEdit(`x\n${whole}y\n`, { ...block, text: '' })).toBe('x\ny\n');
  });

  it('as a member of a group is added once', () => {
    const edit = { kind: 'member', group: 'tty', user: 'www' } as const;
    const once = withEdit('root:x:0:\ntty:x:5:a\n', edit);
    expect(once).toBe('root:x:0:\ntty:x:5:a,www\n');
    expect(withEdit(once, edit)).toBe(once);
  });
});
