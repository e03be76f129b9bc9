import { expect } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';

/** A VF in what `ip -json link` prints of its PF. */
interface HeldVf {
  readonly address: string;
  readonly vlan_list: readonly { readonly vlan?: number }[];
  readonly trust: boolean;
}

interface Listed {
  readonly bindings: readonly {
    readonly binding: { readonly address: string };
    readonly state: string;
    readonly device: { readonly address: string; readonly driver: string | null } | null;
  }[];
  readonly outdated: readonly string[];
}

/** What `pci bindings` says of each, by the address that it was written down with. */
export async function listed(
  machine: RunningMachine,
  outdatedFiles: readonly string[] = [],
): Promise<readonly string[]> {
  const { bindings, outdated } = JSON.parse(await machine.pciOutput(['bindings', '--json'])) as Listed;
  expect(outdated).toEqual(outdatedFiles);
  return bindings.map(
    ({ binding, state, device }) =>
      `${binding.address} ${state} ${device?.address ?? '-'} ${device?.driver ?? '-'}`,
  );
}

export async function drivers(
  machine: RunningMachine,
  ...addresses: readonly string[]
): Promise<readonly string[]> {
  const script = 'for each; do basename "$(readlink "/sys/bus/pci/devices/$each/driver")"; done';
  return (await machine.output(['sh', '-ec', script, 'sh', ...addresses])).trim().split('\n');
}

/** What the service said, once it is through. */
export async function serviceLog(machine: RunningMachine): Promise<string> {
  await machine.output(['systemctl', 'start', 'portal-gun.service']);
  return machine.output(['journalctl', '--no-pager', '-b', '-u', 'portal-gun.service']);
}

/** Does what the service does, where there is no systemd to start it; gives what it said. */
export async function playService(machine: RunningMachine): Promise<string> {
  const unit = await machine.output(['cat', '/etc/systemd/system/portal-gun.service']);
  const commands = [...unit.matchAll(/^ExecStart=-?(.*)$/gm)].map(([, command = '']) => command.split(' '));
  const said: string[] = [];
  for (const command of commands) {
    const isOurs = command[1]?.endsWith('/pci.js') === true;
    const { stdout, stderr } = await (isOurs ? machine.pci(command.slice(2)) : machine.run(command));
    said.push(stdout, stderr);
  }
  return said.join('');
}

/** `MAC ADDRESS` of each interface that a driver has. */
export async function interfaces(
  machine: RunningMachine,
  driver: 'e1000e' | 'e1000' = 'e1000e',
): Promise<readonly string[]> {
  const script = `for each in /sys/bus/pci/drivers/${driver}/0*/net/*; do
    function=$(readlink -f "$each/device")
    echo "$(cat "$each/address") \${function##*/}"
  done`;
  return (await machine.output(['sh', '-c', script])).trim().split('\n').sort();
}

/** The function in a slot of the root bus, or the first one behind the root port there. */
export async function functionAt(machine: RunningMachine, slot: string): Promise<string> {
  const script = `cd "/sys/devices/pci0000:00/0000:00:$1"
    behind=$(ls -d 0000:*:00.0 2> /dev/null || true)
    basename "\${behind:-$PWD}"`;
  return (await machine.output(['sh', '-ec', script, 'sh', slot])).trim();
}

/** `MAC VLAN` of each VF that a card has, as the kernel reports it, with ` trusted` if it is. */
export async function heldVfs(machine: RunningMachine, card: string): Promise<readonly string[]> {
  const script = 'ip -json link show dev "$(ls "/sys/bus/pci/devices/$1/net")"';
  const [link] = JSON.parse(await machine.output(['sh', '-ec', script, 'sh', card])) as [
    { readonly vfinfo_list: readonly HeldVf[] },
  ];
  return link.vfinfo_list.map(
    ({ address, vlan_list: [first], trust }) => `${address} ${first?.vlan}${trust ? ' trusted' : ''}`,
  );
}
