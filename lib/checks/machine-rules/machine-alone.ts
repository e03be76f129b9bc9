import { isUnknown, knownValue } from '../../base/known.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** No machine that runs has its devices. */
export const machineAlone: MachineRule = {
  id: 'machine-alone',
  title: 'no other machine has its devices',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'No machine that runs has a device that it is given: one machine at a time can. That the definition of another, which does not run, has it too is said as a note.',
  evaluate: (machine, { machines }) => {
    const given = new Set(machine.devices.map(({ address }) => address));
    if (given.size === 0) return doesNotApply('is given no device');
    if (isUnknown(machines)) return doesNotApply('which other machines there are was not asked');
    const others = (knownValue(machines) ?? []).filter(
      ({ name, devices }) => name !== machine.name && devices.some(({ address }) => given.has(address)),
    );
    if (others.length === 0) return holds('no other machine is given its devices');
    const running = others.filter(({ isRunning }) => isRunning);
    const [first] = running.length > 0 && !machine.isRunning ? running : others;
    const shared = first?.devices.find(({ address }) => given.has(address))?.address;
    return violated(`${first?.name} ${running.length > 0 ? 'has' : 'is given'} ${shared} as well`, {
      evidence: others.map(({ name, isRunning }) => `${name}: ${isRunning ? 'runs' : 'does not run'}`),
      remedy: 'let one of them run at a time, or give it another device: pci assignments',
      ...(running.length > 0 && !machine.isRunning ? {} : { grade: 'note' as const }),
    });
  },
};
