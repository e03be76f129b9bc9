import { isUnknown, knownValue } from '../../../base/known.ts';
import type { MachineNeeds, NeededDevice } from '../../../facts/machine-needs.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const machineAlone: MachineRule = {
  id: 'machine-alone',
  title: 'no other VM has its devices',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'No running VM has one of its devices, because one VM at a time can have a device. If the definition of another VM that is not running has the device too, that is a note.',
  evaluate: (machine, { machines }) => {
    const given = new Set(machine.devices.flatMap(keysOf));
    if (given.size === 0) return doesNotApply('has no devices');
    if (isUnknown(machines)) return doesNotApply('other VMs were not read');
    const sharedWith = (other: MachineNeeds): string | undefined =>
      other.devices.flatMap(keysOf).find((key) => given.has(key));
    const others = (knownValue(machines) ?? []).filter(
      (other) => other.name !== machine.name && sharedWith(other) !== undefined,
    );
    if (others.length === 0) return holds('no other VM has its devices');
    const running = others.filter(({ isRunning }) => isRunning);
    const [first] = running.length > 0 && !machine.isRunning ? running : others;
    const shared = first === undefined ? '' : sharedWith(first);
    return violated(`${first?.name} ${running.length > 0 ? 'uses' : 'has'} ${shared} as well`, {
      evidence: others.map(({ name, isRunning }) => `${name}: ${isRunning ? 'running' : 'not running'}`),
      remedy: 'run only one of them at a time, or assign another device: pci assignments',
      ...(running.length > 0 && !machine.isRunning ? {} : { grade: 'note' as const }),
    });
  },
};

/** The keys of what only one VM can have: a function, or a part of one by its name. */
function keysOf({ kind, address, name }: NeededDevice): readonly string[] {
  if (address !== null) return [address];
  return kind === 'mdev' || kind === 'vdpa' ? [name] : [];
}
