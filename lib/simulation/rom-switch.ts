import type { KernelVersion } from '../sysfs/kernel-release.ts';
import { parseSwitch } from './attribute-values.ts';
import { hasKernelChange } from './kernel-changes.ts';

/** What a write to a function's `rom` comes to: it is on, it is off, or the write fails and changes nothing. */
export type RomSwitch = 'on' | 'off' | 'EINVAL';

/** The ways in which kernels take such a write (`pci_write_rom`). */
export const ROM_SWITCHES: Readonly<Record<'byLength' | 'byWord', (text: string) => RomSwitch>> = {
  // A zero with one more byte behind it is off, and all else on: so is a zero with nothing behind it.
  byLength: (text) => (text.startsWith('0') && new TextEncoder().encode(text).length === 2 ? 'off' : 'on'),
  byWord(text) {
    const on = parseSwitch(text);
    if (on === null) return 'EINVAL';
    return on ? 'on' : 'off';
  },
};

/** What a write comes to; `null` if that depends on the kernel, and it is not known in which way this one takes it. */
export function romSwitch(text: string, version: KernelVersion | null): RomSwitch | null {
  const [older, newer] = [ROM_SWITCHES.byLength(text), ROM_SWITCHES.byWord(text)];
  if (older === newer) return older;
  const isNewer = hasKernelChange('rom-by-word', version);
  if (isNewer === null) return null;
  return isNewer ? newer : older;
}
