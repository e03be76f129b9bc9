import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../device.ts';
import type { Bar } from './bar.ts';

/** A base address register without an address, because there was no room for it. */
export interface HomelessBar {
  readonly index: number;
  /** `null` if the kernel gave up the BAR, so that its size is lost. */
  readonly sizeBytes: number | null;
}

/** Register bits: I/O, 64 bits, prefetchable; the rest is the address. */
const TYPE_64 = 0x4;
const MEMORY_FLAGS = 0xf;
const IO_FLAGS = 0x3;
const IO = 0x1;

/** Processor devices whose registers are not BARs: the kernel does not read them (quirk_remove_bars). */
const WITHOUT_BARS = /^(08|11)/;

/**
 * The BARs of a function that have no address. If the kernel gives up a BAR, it clears its line in `resource`. The
 * register in configuration space still shows that the BAR exists, by its type or by an address that is not its own.
 * A 32-bit BAR whose register reads all zeros cannot be distinguished from a missing one.
 */
export function homelessBars({
  bars,
  config,
  sriov,
  class: deviceClass,
}: DeviceWith<'bars' | 'config' | 'sriov' | 'class'>): readonly HomelessBar[] {
  const known = knownValue(bars) ?? [];
  const space = knownValue(config);
  const isVf = knownValue(sriov)?.role === 'vf';
  const isPlain = space !== undefined && space.headerType === 0 && !space.isSilent && !isVf;
  const isOther = known.length === 0 && WITHOUT_BARS.test(knownValue(deviceClass)?.code ?? '');
  return homeless(known, isPlain && !isOther ? space.bars : []);
}

/**
 * The same for the BARs of VFs, by the `resource` of their PF and by its SR-IOV capability, whose registers contain
 * an address if there is room. If all of them are zero, there is no room for any.
 */
export function homelessVfBars(device: DeviceWith<'config' | 'sriov'>): readonly HomelessBar[] {
  const { lines, registers } = vfBarsOf(device);
  const byLines = lines ?? [];
  if (byLines.length > 0 || registers === undefined) return homeless(byLines, registers ?? []);
  if (registers.every((register) => register === 0)) return [{ index: 0, sizeBytes: null }];
  return homeless([], registers).filter(
    ({ index }) => !hasAddress(registers[index] ?? 0, registers[index + 1] ?? 0),
  );
}

/** Whether there is a source for the BARs of a PF's VFs. */
export function tellsVfBars(device: DeviceWith<'config' | 'sriov'>): boolean {
  const { lines, registers } = vfBarsOf(device);
  return (lines ?? []).length > 0 || registers !== undefined;
}

function vfBarsOf({ config, sriov }: DeviceWith<'config' | 'sriov'>): {
  readonly lines: readonly Bar[] | undefined;
  readonly registers: readonly number[] | undefined;
} {
  const role = knownValue(sriov);
  return {
    lines: role?.role === 'pf' ? knownValue(role.vfBars ?? null) : undefined,
    registers: knownValue(knownValue(config)?.sriov ?? null)?.vfBars,
  };
}

function homeless(bars: readonly Bar[], registers: readonly number[]): readonly HomelessBar[] {
  const byIndex = new Map(bars.map((bar) => [bar.index, bar]));
  const found: HomelessBar[] = [];
  for (let index = 0; index < 6; index += 1) {
    const bar = byIndex.get(index);
    const register = registers[index] ?? 0;
    if (bar?.address === null) found.push({ index, sizeBytes: bar.sizeBytes });
    else if (bar === undefined && register !== 0) found.push({ index, sizeBytes: null });
    const isWide = bar === undefined ? (register & (TYPE_64 | IO)) === TYPE_64 : bar.width === 64;
    // The second half of a 64-bit BAR.
    if (isWide) index += 1;
  }
  return found;
}

/** Whether a BAR register, with the next one, contains an address. */
function hasAddress(register: number, next: number): boolean {
  if ((register & IO) !== 0) return (register & ~IO_FLAGS) !== 0;
  return (register & ~MEMORY_FLAGS) !== 0 || ((register & TYPE_64) !== 0 && next !== 0);
}
