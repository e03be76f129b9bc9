import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const systemMemory: SafetyRule = {
  name: 'system-memory',
  title: 'the host uses its memory as system RAM',
  severity: 'refuses',
  meaning:
    'The kernel uses memory of the device as System RAM (`/proc/iomem`, which requires root): memory of a CXL device, a virtio device, or a GPU that shares its memory. Programs and the kernel itself have data in it, and crash without it.',
  remedy:
    'take the memory offline first: daxctl offline-memory and daxctl reconfigure-device --mode=devdax, then cxl disable-region; or boot without it: memhp_default_state=offline on the kernel command line',
  find: (device, view) => {
    const { systemMemory: memory } = view.host.use;
    const all = knownValue(memory) ?? [];
    const own = all.filter(({ functions }) => knownValue(functions)?.includes(device.address) ?? false);
    if (own.length > 0) {
      const names = own.map(({ name }) => name);
      return [
        {
          message: `has memory that the host uses as system RAM: ${listSome(names)}`,
          evidence: names.map((name) => `/proc/iomem: System RAM in ${name}`),
        },
      ];
    }
    if (!mayHaveMemory(device)) return [];
    const unknown = isUnknown(memory) ? memory : all.map(({ functions }) => functions).find(isUnknown);
    return unknown === undefined ? [] : [unknownFinding('memory that the host uses as system RAM', unknown)];
  },
};

/** Memory controllers, including CXL, and devices without a class, as virtio uses for memory. */
function mayHaveMemory({ class: deviceClass, driver }: SafetyDevice): boolean {
  return driver !== null && /^(05|00ff|$)/.test(knownValue(deviceClass)?.code ?? '');
}
