/** A base address register in use. */
export interface Bar {
  /** 0 to 5. A 64-bit register uses two indices; this is the first. */
  readonly index: number;
  readonly kind: 'memory' | 'io';
  /** The address in the host, hex with `0x`; `null` if it is not assigned. */
  readonly address: string | null;
  readonly sizeBytes: number;
  /** Bits of the address; `null` for I/O. */
  readonly width: 32 | 64 | null;
  readonly prefetchable: boolean;
}

/** The register of the expansion ROM, without the image. */
export interface ExpansionRom {
  readonly address: string | null;
  readonly sizeBytes: number;
  /**
   * Whether the kernel returns the copy that the firmware left at 0xc0000 for the boot display, and never the ROM of
   * the card.
   */
  readonly isShadow: boolean;
}

/** The contents of a `resource` file. */
export interface Resources {
  readonly bars: readonly Bar[];
  readonly rom: ExpansionRom | null;
}

const ZERO_LINE = '0x0000000000000000 0x0000000000000000 0x0000000000000000';
const LINE = /^0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16})$/i;
const LEADING_ZEROS = /^0+(?=.)/;
const BAR_COUNT = 6;
const ROM_INDEX = 6;
const VF_BAR_INDEX = 7;

// include/linux/ioport.h; the low four bits are those of the register. For the line of the ROM, they are the kernel's
// own.
const IORESOURCE_ROM_SHADOW = 0x2;
const IORESOURCE_IO = 0x100;
const IORESOURCE_MEM = 0x200;
const IORESOURCE_PREFETCH = 0x2000;
const IORESOURCE_MEM_64 = 0x100000;
const IORESOURCE_DISABLED = 0x10000000;
const IORESOURCE_UNSET = 0x20000000;
const REGISTER_MEM_TYPE = 0x6;
const REGISTER_MEM_TYPE_64 = 0x4;

/**
 * Parses `/sys/bus/pci/devices/ADDRESS/resource`: one line for each resource, with start, end and flags. Lines 0 to 5
 * are the BARs, line 6 the ROM; the following lines (7, 12, 13, 17 or 18 lines in all) are bridge windows or the BARs
 * of VFs. Sample line: `0x00000000fe800000 0x00000000fe81ffff 0x0000000000040200`.
 *
 * Undefined if one of the first seven lines does not have this form.
 */
export function parseResources(rawText: string): Resources | undefined {
  const bars: Bar[] = [];
  let rom: ExpansionRom | null = null;
  let at = 0;
  for (let index = 0; index <= ROM_INDEX && at < rawText.length; index += 1) {
    const newline = rawText.indexOf('\n', at);
    const end = newline < 0 ? rawText.length : newline;
    // The most frequent line.
    if (!rawText.startsWith(ZERO_LINE, at) && end > at) {
      const resource = parseLine(rawText.slice(at, end));
      if (resource === undefined) return undefined;
      if (index < BAR_COUNT) pushBar(bars, index, resource);
      else if (resource.sizeBytes > 0) rom = toRom(resource);
    }
    at = end + 1;
  }
  return { bars, rom };
}

/**
 * Parses lines 7 to 12 of the `resource` of a PF: the memory for the BARs of its VFs, each for the maximum number of
 * VFs. Absent in kernels without SR-IOV. Not for bridges, which have their windows in these lines.
 */
export function parseVfBars(rawText: string): readonly Bar[] | undefined {
  const bars: Bar[] = [];
  const lines = rawText.split('\n').slice(VF_BAR_INDEX, VF_BAR_INDEX + BAR_COUNT);
  for (const [index, line] of lines.entries()) {
    if (line === '' || line === ZERO_LINE) continue;
    const resource = parseLine(line);
    if (resource === undefined) return undefined;
    pushBar(bars, index, resource);
  }
  return bars;
}

interface Resource {
  readonly address: string | null;
  readonly sizeBytes: number;
  readonly flags: number;
}

function parseLine(line: string): Resource | undefined {
  const [, start = '', end = '', rawFlags = ''] = LINE.exec(line) ?? [];
  if (start === '') return undefined;
  const flags = Number.parseInt(rawFlags, 16);
  const short = start.replace(LEADING_ZEROS, '').toLowerCase();
  // Address 0 belongs to memory of the host.
  const unset = (flags & (IORESOURCE_UNSET | IORESOURCE_DISABLED)) !== 0 || short === '0';
  const address = unset ? null : `0x${short}`;
  return { address, sizeBytes: sizeOf(start, end), flags };
}

/**
 * The size of a range, from hex values with the end included; 0 for the line that the kernel writes for no resource.
 */
function sizeOf(rawStart: string, rawEnd: string): number {
  const start = Number.parseInt(rawStart, 16);
  const end = Number.parseInt(rawEnd, 16);
  if (end <= Number.MAX_SAFE_INTEGER) return (start === 0 && end === 0) || end < start ? 0 : end - start + 1;
  const size = BigInt(`0x${rawEnd}`) - BigInt(`0x${rawStart}`) + 1n;
  return size > 0n ? Number(size) : 0;
}

function toRom({ address, sizeBytes, flags }: Resource): ExpansionRom {
  return { address, sizeBytes, isShadow: (flags & IORESOURCE_ROM_SHADOW) !== 0 };
}

function pushBar(bars: Bar[], index: number, { address, sizeBytes, flags }: Resource): void {
  if (sizeBytes > 0) bars.push(toBar(index, address, sizeBytes, flags));
}

function toBar(index: number, address: string | null, sizeBytes: number, flags: number): Bar {
  const io = (flags & IORESOURCE_IO) !== 0 && (flags & IORESOURCE_MEM) === 0;
  // Kernels before 2.6.31 have no flag for 64 bits, but the type bits of the register are always correct.
  const wide = (flags & IORESOURCE_MEM_64) !== 0 || (flags & REGISTER_MEM_TYPE) === REGISTER_MEM_TYPE_64;
  return {
    index,
    kind: io ? 'io' : 'memory',
    address,
    sizeBytes,
    width: io ? null : wide ? 64 : 32,
    prefetchable: !io && (flags & IORESOURCE_PREFETCH) !== 0,
  };
}
