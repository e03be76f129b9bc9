import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** The kernel lets root at the hardware. */
export const lockdown: HostRule = {
  id: 'lockdown',
  title: 'the kernel is not locked down',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'The kernel does not keep root from the hardware (`/sys/kernel/security/lockdown`, kernel_lockdown(7)). Machines with devices run in a locked kernel too; what it refuses are modules that are not signed, such as vendor-reset, tables of ACPI that are loaded, and writes to configuration space and BARs from programs.',
  evaluate: ({ facts: { kernel } }) => {
    const level = kernel.lockdown;
    if (isUnknown(level)) return unknownVerdict('how far the kernel is locked down', level);
    if (level === null) return doesNotApply('the kernel does not tell, or securityfs is not mounted');
    if (level === 'none') return holds('the kernel is not locked down');
    return violated(`the kernel is locked down (${level}): modules that are not signed are refused`, {
      evidence: [`/sys/kernel/security/lockdown: ${level}`],
      remedy:
        'nothing, unless such a module is needed: sign it and enrol the key (mokutil --import), or switch off Secure Boot',
    });
  },
};
