/** An image of an option ROM for a test; omitted parts are correct. */
export interface ImageSpec {
  readonly codeType?: number;
  /** In units of 512 bytes. */
  readonly units?: number;
  readonly revision?: number;
  readonly vendor?: number;
  readonly device?: number;
  readonly devices?: readonly number[];
  readonly classCode?: number;
  readonly isLast?: boolean;
  readonly checksum?: 'right' | 'wrong';
  /** For UEFI: machine type, compression. */
  readonly machine?: number;
  readonly compression?: number;
  /** Manufacturer and product of a Plug and Play header. */
  readonly pnp?: readonly [string, string];
}

const PCIR = 0x40;
const LIST = 0x60;
const PNP = 0x80;
const TEXTS = 0xb0;
const PROGRAM = 0x180;

/** The bytes of one image, with all structures at fixed places. */
export function romImage(spec: ImageSpec = {}): Uint8Array {
  const { codeType = 0, units = 2, revision = 3 } = spec;
  const image = new Uint8Array(units * 512);
  const view = new DataView(image.buffer);
  const word = (at: number, value: number): void => view.setUint16(at, value, true);
  const text = (at: number, value: string): void => image.set(Buffer.from(`${value}\0`, 'latin1'), at);
  word(0, 0xaa55);
  word(0x18, PCIR);
  text(PCIR, 'PCIR');
  word(PCIR + 4, spec.vendor ?? 0x8086);
  word(PCIR + 6, spec.device ?? 0x10d3);
  word(PCIR + 8, spec.devices === undefined ? 0 : LIST - PCIR);
  word(PCIR + 10, revision >= 3 ? 0x1c : 0x18);
  image[PCIR + 12] = revision;
  const classCode = spec.classCode ?? 0x020000;
  image.set([classCode & 0xff, (classCode >> 8) & 0xff, classCode >> 16], PCIR + 13);
  word(PCIR + 16, units);
  word(PCIR + 18, 7);
  image[PCIR + 20] = codeType;
  image[PCIR + 21] = spec.isLast === false ? 0 : 0x80;
  if (revision >= 3) word(PCIR + 22, 1);
  for (const [index, id] of [...(spec.devices ?? []), 0].entries()) {
    if (spec.devices !== undefined) word(LIST + 2 * index, id);
  }
  if (spec.pnp !== undefined) putPnp(image, view, spec.pnp);
  if (codeType === 3) {
    word(2, units);
    view.setUint32(4, 0x0ef1, true);
    word(8, 11);
    word(10, spec.machine ?? 0x8664);
    word(12, spec.compression ?? 0);
    word(0x16, PROGRAM);
    text(PROGRAM, 'MZ');
  }
  if (codeType === 0) {
    image[2] = units;
    const sum = image.reduce((total, byte) => total + byte, 0);
    image[image.length - 1] = (spec.checksum === 'wrong' ? 1 : 0) - sum;
  }
  return image;
}

function putPnp(image: Uint8Array, view: DataView, [manufacturer, product]: readonly [string, string]): void {
  image.set(Buffer.from('$PnP\x01\x02', 'latin1'), PNP);
  view.setUint16(0x1a, PNP, true);
  view.setUint16(PNP + 0x0e, TEXTS, true);
  view.setUint16(PNP + 0x10, TEXTS + manufacturer.length + 1, true);
  image.set(Buffer.from(`${manufacturer}\0${product}\0`, 'latin1'), TEXTS);
  const sum = image.subarray(PNP, PNP + 32).reduce((total, byte) => total + byte, 0);
  image[PNP + 9] = -sum;
}

/** A ROM of several images; only the last is marked as the last. */
export function romOf(...specs: readonly ImageSpec[]): Uint8Array {
  return joined(...specs.map((spec, index) => romImage({ isLast: index === specs.length - 1, ...spec })));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
