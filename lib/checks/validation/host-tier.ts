import type { Unknown } from '../../base/known.ts';
import { interruptRemapping } from './host-rules/iommu/interrupt-remapping.ts';
import { iommuInEffect } from './host-rules/iommu/iommu-in-effect.ts';
import { hardwareVirtualization } from './host-rules/machines/hardware-virtualization.ts';
import { kvmDevice } from './host-rules/machines/kvm-device.ts';
import { vfioBlocked } from './host-rules/vfio/vfio-blocked.ts';
import { vfioModules } from './host-rules/vfio/vfio-modules.ts';
import type { ValidatedHost } from './validated-host.ts';
import type { HostRule } from './validation-rule.ts';

/** The level of a host: it passes devices to VMs, it runs VMs with KVM, or it must emulate them. */
type Tier = 'passthrough' | 'kvm' | 'emulation';

export interface HostTier {
  readonly tier: Tier | Unknown;
  /** Whether devices can be passed to VMs; emulated VMs can have devices too. */
  readonly givesDevices: boolean | Unknown;
}

const FOR_KVM = [hardwareVirtualization, kvmDevice];
const FOR_DEVICES = [iommuInEffect, vfioModules, vfioBlocked, interruptRemapping];

/** The tier of a host. */
export function tierOf(host: ValidatedHost): HostTier {
  const runs = standing(FOR_KVM, host);
  const givesDevices = standing(FOR_DEVICES, host);
  if (runs === false) return { tier: 'emulation', givesDevices };
  if (runs !== true) return { tier: runs, givesDevices };
  if (givesDevices === true) return { tier: 'passthrough', givesDevices };
  return { tier: givesDevices === false ? 'kvm' : givesDevices, givesDevices };
}

/** Whether some rules pass, except for warnings. */
function standing(rules: readonly HostRule[], host: ValidatedHost): boolean | Unknown {
  const verdicts = rules.map((rule) => ({ rule, verdict: rule.evaluate(host) }));
  const fails = verdicts.some(
    ({ rule, verdict }) => verdict.kind === 'violated' && (verdict.grade ?? rule.grade) === 'fail',
  );
  if (fails) return false;
  const unknown = verdicts.flatMap(({ verdict }) => (verdict.kind === 'unknown' ? [verdict.why] : []))[0];
  return unknown === undefined ? true : { unknown };
}
