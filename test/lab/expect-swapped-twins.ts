import { expect } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';
import {
  CARD,
  DRIVERLESS,
  OTHER_CARD,
  OTHER_NIC,
  PAIR,
  ROOT_DRIVE,
  SPARE_DRIVE,
  SPARE_NIC,
  TWIN,
  VF,
} from './persisted-cast.ts';
import { assigned, expectAssigned, vfsOf } from './persisted-pool.ts';
import { drivers, functionAt, heldVfs, listed, playService } from './persisted-state.ts';

/**
 * Expects what is persisted to come back where twins were swapped, beside a change that was cut short, which is then recovered.
 *
 * @param held what the VFs of the card are set to
 */
export async function expectSwappedTwins(machine: RunningMachine, held: readonly string[]): Promise<void> {
  // Where the drive was that is given away is what has the root file system.
  const rootDrive = await functionAt(machine, SPARE_DRIVE);
  const [spare, nic, nicTwin, card] = [
    await functionAt(machine, ROOT_DRIVE),
    await functionAt(machine, OTHER_NIC),
    await functionAt(machine, SPARE_NIC),
    await functionAt(machine, OTHER_CARD),
  ];
  const serial =
    'cat "/sys/class/block/$(basename "$(readlink -f "$(findmnt -no SOURCE /)")")/device/serial"';
  expect((await machine.output(['sh', '-ec', serial])).trim()).toBe('LAB-ROOT');
  expect(await drivers(machine, rootDrive, spare, nic, nicTwin)).toEqual([
    ...['nvme', 'nvme', 'e1000', 'e1000'],
  ]);

  const log = await playService(machine);
  expect(await drivers(machine, rootDrive, spare, nic, nicTwin), log).toEqual([
    ...['nvme', 'vfio-pci', 'vfio-pci', 'e1000'],
  ]);
  expect(await heldVfs(machine, card), log).toEqual(held);
  const vf = card.replace('00.0', '10.2');
  const restored = [
    `${VF} moved ${vf} vfio-pci`,
    `${PAIR[0]} moved 0000:09:00.0 vfio-pci`,
    `${PAIR[1]} moved 0000:09:00.1 vfio-pci`,
    `${DRIVERLESS} in-force 0000:08:00.0 vfio-pci`,
  ];
  const newcomer = `${DRIVERLESS} in-force ${DRIVERLESS} vfio-pci`;
  // They are on vfio-pci, where nothing of their own can be read any more.
  const swapped = [spare, nic].map((each) => expect.stringMatching(` moved ${each} vfio-pci$`));
  expect(await listed(machine, ['initramfs'])).toEqual(
    expect.arrayContaining([...restored, newcomer, ...swapped]),
  );
  const pending = 'was interrupted: a recovery is pending; run pci recover';
  await machine.output(['start-libvirt']);
  for (const asked of [['bindings'], ['sriov', 'list'], ['assignments'], ['validate']]) {
    expect(await machine.pci(asked)).toMatchObject({ stderr: expect.stringContaining(pending) });
  }

  // All that the boot restored of the card is gone again.
  await machine.output(['sh', '-c', 'echo 0 > "/sys/bus/pci/devices/$1/sriov_numvfs"', 'sh', card]);
  const recovered = await machine.pci(['recover'], { timeoutMs: 400_000 });
  expect(recovered, recovered.stderr).toMatchObject({ exitCode: 0 });
  const missing = [`  ${CARD}  VFs  not-in-force\n`, `  ${VF}  binding  missing\n`];
  for (const each of missing) expect(recovered.stdout).toContain(each);
  expect(recovered.stdout).toContain('\nTo restore it: pci recover --restore\n');
  // It was bound early in this boot, and stays so until the next one.
  expect(recovered.stdout).toContain(`  ${DRIVERLESS}  on vfio-pci  pci unbind ${DRIVERLESS}\n`);
  expect((await machine.pci(['bindings'])).stdout).toContain(`pci unbind ${DRIVERLESS}\n`);
  expect((await machine.pci(['bindings'])).stderr).not.toContain('a recovery is pending');

  const completed = await machine.pci(['recover', '--restore']);
  expect(completed.stdout, completed.stderr).toContain('No interrupted changes');
  for (const each of missing) expect(completed.stdout).not.toContain(each);
  expect(await heldVfs(machine, card)).toEqual(held);
  const after = await listed(machine);
  expect(after).toEqual(
    expect.arrayContaining([...restored, ...swapped, `${TWIN} moved 0000:0c:00.0 vfio-pci`]),
  );
  expect(after).not.toContain(newcomer);
  expect(await drivers(machine, rootDrive, spare, nic, vf)).toEqual([
    ...['nvme', 'vfio-pci', 'vfio-pci', 'vfio-pci'],
  ]);

  // VFs of the twin are where the definitions say, and are not taken for those of the card.
  const twin = '0000:02:00.0';
  expect(card).not.toBe(twin);
  await machine.pciOutput(['sriov', 'set', twin, '--vfs', '3', '--yes']);
  expectAssigned(await assigned(machine), 'moved', vfsOf(twin, 3), vfsOf(card, 3));
  await machine.pciOutput(['assignments', '--repair', '--yes']);
  expectAssigned(await assigned(machine), 'in-place', vfsOf(card, 3));
}
