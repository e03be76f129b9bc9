import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { pciOn } from '../support/pci-program.ts';
import { simulateMachine, stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';

/** A serial port that nothing uses, on a machine that can be changed. */
function machineWithPort(isRoot = true) {
  const machine = simulateMachine(
    idleHost([functionHere({ driver: 'serial', classCode: '070002', resetMethods: 'flr' })]),
  );
  const driver = (): unknown => machine.reader.readLink(`/sys/bus/pci/devices/${HERE}/driver`);
  return { machine, driver, ports: simulatedPorts(machine, { isRoot }) };
}

describe('binding', () => {
  it('is proposed, applied and taken back by the library', async () => {
    const { machine, driver, ports } = machineWithPort();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const before = stateOf(machine);
    const proposal = await host.bind({ devices: [HERE] });
    expect(proposal.refusals).toEqual([]);
    expect(proposal.subject.asked.map(({ address }) => address)).toEqual([HERE]);
    expect(stateOf(machine)).toBe(before);

    const report = await host.apply(proposal);
    expect(report.outcome).toBe('done');
    expect(driver()).toMatch(/\/vfio-pci$/);
    expect((await host.bind({ devices: [HERE] })).plan.steps).toEqual([]);

    expect((await host.apply(await host.unbind({ devices: [HERE] }))).outcome).toBe('done');
    expect(driver()).toMatch(/\/serial$/);
  });

  it('goes the same way by the program', async () => {
    const { driver, ports } = machineWithPort();
    expect(await pciOn(ports, ['bind', HERE, '--yes'])).toMatchObject({ exitCode: 0 });
    expect(driver()).toMatch(/\/vfio-pci$/);
    const again = await pciOn(ports, ['bind', HERE, '--yes']);
    expect(again).toMatchObject({ exitCode: 0, stdout: `${HERE} is already on vfio-pci.\nNothing to do.\n` });
    expect(await pciOn(ports, ['unbind', HERE, '--yes'])).toMatchObject({ exitCode: 0 });
    expect(driver()).toMatch(/\/serial$/);
  });

  it('is for root, who is told so before anything is changed', async () => {
    const { machine, ports } = machineWithPort(false);
    const before = stateOf(machine);
    const host = await openSession({}, ports);
    await expect(host.apply(await host.bind({ devices: [HERE] }))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    expect(await pciOn(ports, ['bind', HERE, '--yes'])).toMatchObject({ exitCode: 5 });
    expect(stateOf(machine)).toBe(before);
  });
});
