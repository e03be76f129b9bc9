import { isUnknown } from '../../../../base/known.ts';
import type { Fix } from '../../fix.ts';
import { fixRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const nested: HostRule = {
  id: 'nested',
  title: 'VMs can run VMs',
  grade: 'fail',
  purposes: ['nested'],
  meaning:
    'KVM lets guests use the virtualization of the processor (`/sys/module/kvm_intel/parameters/nested`, or that of `kvm_amd`). This is the default since Linux 4.20.',
  evaluate: ({ facts }) => {
    const { cpu, parameters, modules } = facts;
    if (isUnknown(cpu.flags)) return unknownVerdict('processor features', cpu.flags);
    const module = cpu.flags?.has('vmx') ? 'kvm_intel' : cpu.flags?.has('svm') ? 'kvm_amd' : null;
    if (module === null) return doesNotApply('the processor does not support virtualization');
    const value = parameters[`${module}.nested`];
    if (isUnknown(value)) return unknownVerdict('nested virtualization', value);
    if (value === null) return doesNotApply(`${module} is not loaded`);
    if (value === 'Y' || value === '1') return holds(`${module} allows nested virtualization`);
    const isBuiltIn = modules[module].supply === 'built-in';
    const fix: Fix = isBuiltIn
      ? { kind: 'kernel-argument', argument: `${module}.nested=1` }
      : { kind: 'module-option', module, option: 'nested=1' };
    return violated(`${module} does not allow nested virtualization`, {
      evidence: [`/sys/module/${module}/parameters/nested: ${value}`],
      remedy: fixRemedy(fix, facts),
      fix,
    });
  },
};
