import { isUnknown, knownValue } from '../../../base/known.ts';
import type { MachineNeeds, NeededDevice } from '../../../facts/machine-needs.ts';
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
    const given = new Set(machine.devices.flatMap(keysOf));
    if (given.size === 0) return doesNotApply('is given no device');
    if (isUnknown(machines)) return doesNotApply('which other machines there are was not asked');
    const sharedWith = (other: MachineNeeds): string | undefined =>
      other.devices.flatMap(keysOf).find((key) => given.has(key));
    const others = (knownValue(machines) ?? []).filter(
      (other) => other.name !== machine.name && sharedWith(other) !== undefined,
    );
    if (others.length === 0) return holds('no other machine is given its devices');
    const running = others.filter(({ isRunning }) => isRunning);
    const [first] = running.length > 0 && !machine.isRunning ? running : others;
    const shared = first === undefined ? '' : sharedWith(first);
    return violated(`${first?.name} ${running.length > 0 ? 'has' : 'is given'} ${shared} as well`, {
      evidence: others.map(({ name, isRunning }) => `${name}: ${isRunning ? 'runs' : 'does not run'}`),
      remedy: 'let one of them run at a time, or give it another device: pci assignments',
      ...(running.length > 0 && !machine.isRunning ? {} : { grade: 'note' as const }),
    });
  },
};

/** What one machine alone can have: a function, or a part of one by its name. */
function keysOf({ kind, address, name }: NeededDevice): readonly string[] {
  if (address !== null) return [address];
  return kind === 'mdev' || kind === 'vdpa' ? [name] : [];
}
