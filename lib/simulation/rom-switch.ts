import type { KernelVersion } from '../sysfs/kernel-release.ts';
import { parseSwitch } from './attribute-values.ts';
import { hasKernelChange } from './kernel-changes.ts';

/** The result of a write to `rom` of a function: enabled, disabled, or an error without a change. */
export type RomSwitch = 'on' | 'off' | 'EINVAL';

/** The ways in which kernels interpret such a write (`pci_write_rom`). */
export const ROM_SWITCHES: Readonly<Record<'byLength' | 'byWord', (text: string) => RomSwitch>> = {
  // A zero with one more byte disables it, and everything else enables it, even a zero without one.
  byLength: (text) => (text.startsWith('0') && new TextEncoder().encode(text).length === 2 ? 'off' : 'on'),
  byWord(text) {
    const on = parseSwitch(text);
    if (on === null) return 'EINVAL';
    return on ? 'on' : 'off';
  },
};

/** The result of a write; `null` if it depends on the kernel, and its way is unknown. */
export function romSwitch(text: string, version: KernelVersion | null): RomSwitch | null {
  const [older, newer] = [ROM_SWITCHES.byLength(text), ROM_SWITCHES.byWord(text)];
  if (older === newer) return older;
  const isNewer = hasKernelChange('rom-by-word', version);
  if (isNewer === null) return null;
  return isNewer ? newer : older;
}
