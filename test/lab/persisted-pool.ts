import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';
import { taggedDomain } from './tagged-domain.ts';

/** VMs whose definitions outlive a boot: the routers have a VF of one card each, and the last one gets its VF later. */
const ROUTERS = ['galaxy0', 'galaxy1'] as const;
const LATECOMER = 'mail';

const DEAD = 'the PF of its VF 0 is not on this host; assign another VF: pci assign PF --policy vf-pool';

/** A VM's VFs, as `pci assignments` has them. */
interface AssignmentList {
  readonly machines: readonly {
    readonly name: string;
    readonly assignments: readonly {
      readonly address: string | null;
      readonly standing: string;
      readonly found: string | null;
    }[];
  }[];
}

/** The first VFs of a card at `0000:BB:00.0` under igb. */
export function vfsOf(card: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => card.replace('00.0', `10.${2 * index}`));
}

/** `VM STANDING ADDRESS FOUND` of each assignment. */
export async function assigned(machine: RunningMachine): Promise<readonly string[]> {
  const { machines } = JSON.parse(await machine.pciOutput(['assignments', '--json'])) as AssignmentList;
  return machines.flatMap(({ name, assignments }) =>
    assignments.map(({ standing, address, found }) => `${name} ${standing} ${address} ${found ?? '-'}`),
  );
}

/** Expects the routers' VFs, and that of the VM which comes later if there are three, to stand like this. */
export function expectAssigned(
  states: readonly string[],
  standing: 'in-place' | 'moved',
  addresses: readonly string[],
  found: readonly string[] = addresses,
): void {
  const names = [...ROUTERS, LATECOMER];
  expect(states).toEqual(
    addresses.map((address, index) => `${names[index]} ${standing} ${address} ${found[index]}`),
  );
}

/** Defines the VMs, and gives each router a VF of a card. */
export async function assignPool(machine: RunningMachine, card: string): Promise<void> {
  const names = [...ROUTERS, LATECOMER];
  for (const name of names) {
    const category = name === LATECOMER ? 'application' : 'router';
    writeFileSync(join(machine.folder, `${name}.xml`), taggedDomain(name, category));
  }
  const define = names.map((name) => `define /lab/${name}.xml`).join('; ');
  await machine.output(['sh', '-ec', `start-libvirt; virsh --quiet '${define}'`]);
  await assignVf(machine, card, '--type', 'router');
}

/** Repairs what moved, while the VM that came later has a VF of a card that is then gone; that VF is replaced. */
export async function repairBesideDead(
  machine: RunningMachine,
  card: string,
  otherCard: string,
): Promise<void> {
  await assignVf(machine, otherCard, '--machine', LATECOMER);
  await machine.output(['sh', '-ec', 'echo 1 > "/sys/bus/pci/devices/$1/remove"', 'sh', otherCard]);
  const repaired = await machine.pci(['assignments', '--repair', '--yes']);
  expect(repaired).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(`${vfsOf(otherCard, 1)[0]} of ${LATECOMER} is not repaired: ${DEAD}`),
  });
  await assignVf(machine, card, '--machine', LATECOMER);
}

/** Does something while a VM runs with its VF, the first of the card; its guest does nothing. */
export async function whileRouterRuns(machine: RunningMachine, use: () => Promise<void>): Promise<void> {
  await machine.output(['virsh', '--quiet', `start ${ROUTERS[0]} --paused`]);
  await use();
  await machine.output(['virsh', '--quiet', `destroy ${ROUTERS[0]}`]);
}

async function assignVf(machine: RunningMachine, card: string, ...whom: readonly string[]): Promise<void> {
  const given = await machine.pci(['assign', card, '--policy', 'vf-pool', ...whom, '--yes']);
  expect(given, given.stderr).toMatchObject({ exitCode: 0 });
}
