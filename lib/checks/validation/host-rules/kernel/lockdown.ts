import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const lockdown: HostRule = {
  id: 'lockdown',
  title: 'the kernel is not locked down',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'Kernel lockdown is off (`/sys/kernel/security/lockdown`, kernel_lockdown(7)). VMs with devices also run on a locked-down kernel. It refuses unsigned modules, such as vendor-reset, ACPI tables loaded at run time, and writes to configuration space and BARs from programs.',
  evaluate: ({ facts: { kernel } }) => {
    const level = kernel.lockdown;
    if (isUnknown(level)) return unknownVerdict('kernel lockdown', level);
    if (level === null) return doesNotApply('the kernel does not report it, or securityfs is not mounted');
    if (level === 'none') return holds('the kernel is not locked down');
    return violated(`the kernel is locked down (${level}): unsigned modules are refused`, {
      evidence: [`/sys/kernel/security/lockdown: ${level}`],
      remedy:
        'none, unless you need such a module: sign it and enroll the key (mokutil --import), or disable Secure Boot',
    });
  },
};
