import * as z from 'zod/mini';
import { PortalGunError } from '../../../base/errors.ts';
import { quote } from '../../../base/shell-command.ts';
import type { YamlFault } from '../../../base/yaml-form.ts';
import { flag, integer, key, text } from '../../definition/form-parts.ts';
import type { MachineDefinition } from '../../definition/machine-definition.ts';
import { IFUPDOWN } from '../guest-settings.ts';
import type { DesiredPart, GuestCheck } from '../guest-state.ts';
import type { GuestCard, ModuleContext, ProvisionModule } from '../provision-module.ts';
import { runningService } from './service-modules.ts';
import { plainFile } from './system-modules.ts';

const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = `${BYTE}(\\.${BYTE}){3}`;
const ipv4 = () => text(new RegExp(`^${IPV4}$`), 'must be an IPv4 address');
/** The label of an interface, by which other modules name it. */
export const label = () =>
  text(/^[a-z][a-z0-9-]{0,14}$/, 'must be a lowercase letter and up to 14 letters, digits and hyphens');

const interfaceForm = z.strictObject({
  nic: key(integer(0, 99), 'Virtual network card: its index in `nics`.'),
  pci: key(integer(0, 99), 'Device of the host: its index in `pci`. portal.lock must have its MAC address.'),
  mac: key(
    text(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'must be a MAC address in lowercase'),
    'MAC address, for any other card.',
  ),
  dhcp: key(flag(), 'Whether it gets its address by DHCP.'),
  address: key(
    text(
      new RegExp(`^${IPV4}/([1-9]|[12]\\d|3[0-2])$`),
      'must be an IPv4 address with its prefix length: 10.0.0.1/24',
    ),
    'Address with its prefix length: `10.0.0.1/24`.',
  ),
  gateway: key(ipv4(), 'Default gateway.'),
  dns: key(ipv4(), 'Name server.'),
});

export const interfacesForm = z.record(label(), interfaceForm);
export type Interface = z.output<typeof interfaceForm>;
/** The name of the module in a definition. */
export const INTERFACES = 'network/interfaces';

/** The interfaces that a definition configures, by their labels. */
export function interfacesIn({
  provision,
}: Pick<MachineDefinition, 'provision'>): Readonly<Record<string, Interface>> {
  const entries = provision.filter(({ module }) => module === INTERFACES);
  // The options of an entry have the form of its module.
  return Object.assign({}, ...entries.map(({ options }) => options as z.output<typeof interfacesForm>));
}

/** The fault of a label that no interface has. */
export function unknownLabel(
  path: YamlFault['path'],
  name: string,
  definition: MachineDefinition,
): readonly YamlFault[] {
  const known = Object.keys(interfacesIn(definition));
  if (known.includes(name)) return [];
  const hint = known.length === 0 ? `add the module ${INTERFACES}` : `its interfaces are ${known.join(', ')}`;
  return [{ path, message: `"${name}" is no interface of ${INTERFACES}`, hint }];
}

/** Interfaces with a file for each in systemd-networkd, or `/etc/network/interfaces` of ifupdown and busybox. */
export const interfacesModule: ProvisionModule<z.output<typeof interfacesForm>> = {
  summary:
    'Configures network interfaces: with systemd-networkd, or `/etc/network/interfaces` in other guests.',
  faults: (interfaces, { nics, pci }) =>
    Object.entries(interfaces).flatMap(([name, each]) => [
      ...([each.nic, each.pci, each.mac].filter((given) => given !== undefined).length === 1
        ? []
        : [{ path: [name], message: 'needs one of "nic", "pci" and "mac"' }]),
      ...(each.nic !== undefined && each.nic >= nics.length
        ? [{ path: [name, 'nic'], message: `is no index of "nics": the machine has ${nics.length}` }]
        : []),
      ...(each.pci !== undefined && each.pci >= pci.length
        ? [{ path: [name, 'pci'], message: `is no index of "pci": the machine has ${pci.length}` }]
        : []),
      ...((each.dhcp ?? false) === (each.address === undefined)
        ? []
        : [{ path: [name], message: 'needs either "dhcp: true" or "address"' }]),
    ]),
  render(interfaces, context) {
    const { init, origin } = context;
    const cards = Object.entries(interfaces).map(([name, each]) => ({
      ...{ name, each, card: cardOf(name, each, context) },
    }));
    const checks = cards.map(({ name, each, card }) => addressCheck(name, each, card, origin));
    if (init === 'systemd') {
      const files = cards.map(({ name, each, card }) =>
        plainFile(`/etc/systemd/network/10-portal-gun-${name}.network`, networkdText(each, card), origin),
      );
      const parts = [...files, restartOf('systemd-networkd', '/etc/systemd/network', origin)];
      return { parts: [...parts, ...runningService('systemd-networkd', origin)], checks };
    }
    const text = cards.map(({ name, each, card }) => ifupText(each, demandInterface(name, card, context)));
    const path = '/etc/network/interfaces';
    const file = plainFile(path, `auto lo\niface lo inet loopback\n${text.join('')}`, origin);
    const parts =
      init === 'openrc'
        ? [file, restartOf('networking', path, origin), ...runningService('networking', origin)]
        : [file, restartOf(IFUPDOWN, path, origin)];
    return { parts, checks };
  },
};

function restartOf(service: string, path: string, origin: string): DesiredPart {
  return { kind: 'restart', service, paths: [path], origin };
}

/** @throws PortalGunError CANNOT_PROVISION if the MAC address of a device is not recorded */
function cardOf(name: string, { nic, pci, mac }: Interface, context: ModuleContext): GuestCard {
  const card =
    mac !== undefined
      ? { mac, interfaceName: context.interfaceNames.get(mac) ?? null }
      : nic !== undefined
        ? context.nics[nic]
        : context.pci[pci ?? -1];
  if (card !== undefined && card !== null) return card;
  throw new PortalGunError(
    'CANNOT_PROVISION',
    `the MAC address of interface ${name} is not recorded in portal.lock`,
    {
      subject: context.origin,
      hint: 'give it in place of "pci": mac: 00:1b:21:00:00:00',
    },
  );
}

/** @throws PortalGunError CANNOT_PROVISION if the guest does not have the card */
function demandInterface(name: string, { mac, interfaceName }: GuestCard, context: ModuleContext): string {
  if (interfaceName !== null) return interfaceName;
  throw new PortalGunError(
    'CANNOT_PROVISION',
    `the guest has no interface with the MAC address ${mac} (${name})`,
    {
      subject: context.origin,
      hint: `list its interfaces: portal exec ${context.definition.name} -- ls /sys/class/net`,
    },
  );
}

/**
 * The name that the guest has for an interface of the definition.
 *
 * @throws PortalGunError CANNOT_PROVISION if the guest does not have the card
 */
export function interfaceNamed(name: string, context: ModuleContext): string {
  const each = interfacesIn(context.definition)[name] ?? {};
  return demandInterface(name, cardOf(name, each, context), context);
}

function networkdText({ dhcp = false, address, gateway, dns }: Interface, { mac }: GuestCard): string {
  const lines = [
    ...['# Written by portal-gun', '[Match]', `MACAddress=${mac}`, '', '[Network]'],
    ...(dhcp ? ['DHCP=ipv4'] : []),
    ...(address === undefined ? [] : [`Address=${address}`, 'ConfigureWithoutCarrier=yes']),
    ...(gateway === undefined ? [] : [`Gateway=${gateway}`]),
    ...(dns === undefined ? [] : [`DNS=${dns}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function ifupText({ dhcp = false, address, gateway, dns }: Interface, name: string): string {
  const lines = [
    ...['', `auto ${name}`, `iface ${name} inet ${dhcp ? 'dhcp' : 'static'}`],
    ...(address === undefined ? [] : [`\taddress ${address.split('/')[0]}`, `\tnetmask ${maskOf(address)}`]),
    ...(gateway === undefined ? [] : [`\tgateway ${gateway}`]),
    ...(dns === undefined ? [] : [`\tdns-nameservers ${dns}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The netmask of an address with its prefix length: busybox's ifup takes it in each of its versions. */
export function maskOf(address: string): string {
  const bits = Number(address.split('/')[1]);
  const mask = (0xffffffff << (32 - bits)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff).join('.');
}

/** Waits for it: DHCP takes its time. */
function addressCheck(name: string, { address }: Interface, { mac }: GuestCard, origin: string): GuestCheck {
  const wanted = address === undefined ? 'inet ' : `inet ${address}`;
  return {
    words: `interface ${name} has ${address ?? 'an address'}`,
    script: [
      'left=10',
      'while :; do',
      '  for at in /sys/class/net/*; do',
      `    [ "$(cat "$at/address" 2> /dev/null)" = ${mac} ] || continue`,
      `    case $(ip -4 addr show dev "\${at##*/}") in *${quote(wanted)}*) exit 0 ;; esac`,
      '  done',
      '  left=$((left - 1)); [ "$left" -gt 0 ] || exit 1; sleep 1',
      'done',
    ].join('\n'),
    origin,
  };
}
