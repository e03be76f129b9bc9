/** An ordinary capability: its id, and the bytes after the id and the pointer to the next. */
export interface CapabilityBytes {
  readonly id: number;
  readonly body: readonly number[];
}

/** An extended capability: its id, and the bytes after its header of 4 bytes. */
export type ExtendedBytes = CapabilityBytes;

export interface ConfigSpec {
  /** `8086:10c9` */
  readonly ids: string;
  readonly subsystem?: string | undefined;
  readonly classCode: string;
  readonly revision: string;
  readonly multifunction?: boolean | undefined;
  /** The header is then that of a bridge. */
  readonly bridge?: { readonly secondary: number; readonly subordinate: number } | undefined;
  /** The raw values of the six registers. */
  readonly bars?: readonly number[];
  readonly rom?: number;
  readonly capabilities?: readonly CapabilityBytes[] | undefined;
  /** Any list, even an empty one, creates a space of 4096 bytes. */
  readonly extended?: readonly ExtendedBytes[] | undefined;
  /** Its memory and I/O are disabled. */
  readonly off?: boolean | undefined;
}

const word = (value: number): readonly [number, number] => [value & 0xff, (value >>> 8) & 0xff];
const long = (value: number): readonly number[] => [...word(value & 0xffff), ...word(value >>> 16)];

/** A whole configuration space, with its capabilities one after another from 40 and from 100 on. */
export function configBytes(spec: ConfigSpec): Uint8Array {
  const bytes = new Uint8Array(spec.extended === undefined ? 256 : 4096);
  const [vendor = '', device = ''] = spec.ids.split(':');
  const put = (offset: number, values: readonly number[]): void => bytes.set(values, offset);
  put(0x00, [...word(Number.parseInt(vendor, 16)), ...word(Number.parseInt(device, 16))]);
  put(0x04, word(spec.off === true ? 0 : 0x0007));
  put(0x08, long(Number.parseInt(`${spec.classCode}${spec.revision}`, 16)));
  put(0x0e, [(spec.bridge === undefined ? 0 : 1) | (spec.multifunction === true ? 0x80 : 0)]);
  put(0x10, (spec.bars ?? []).slice(0, spec.bridge === undefined ? 6 : 2).flatMap(long));
  if (spec.bridge !== undefined) {
    put(0x18, [0, spec.bridge.secondary, spec.bridge.subordinate]);
    put(0x38, long(spec.rom ?? 0));
  } else {
    const [subVendor = '0', subDevice = '0'] = (spec.subsystem ?? '').split(':');
    put(0x2c, [...word(Number.parseInt(subVendor, 16) || 0), ...word(Number.parseInt(subDevice, 16) || 0)]);
    put(0x30, long(spec.rom ?? 0));
  }
  putCapabilities(bytes, spec.capabilities ?? []);
  putExtended(bytes, spec.extended ?? []);
  return bytes;
}

function putCapabilities(bytes: Uint8Array, capabilities: readonly CapabilityBytes[]): void {
  let offset = 0x40;
  let pointer = 0x34;
  for (const { id, body } of capabilities) {
    bytes[pointer] = offset;
    bytes.set([id, 0, ...body], offset);
    pointer = offset + 1;
    offset += (body.length + 2 + 3) & ~3;
  }
  // The status register shows that there is a list.
  if (capabilities.length > 0) bytes[0x06] = 0x10;
}

function putExtended(bytes: Uint8Array, capabilities: readonly ExtendedBytes[]): void {
  let offset = 0x100;
  for (const [index, { id, body }] of capabilities.entries()) {
    const next = index === capabilities.length - 1 ? 0 : offset + ((body.length + 4 + 3) & ~3);
    bytes.set([...long((next << 20) | (1 << 16) | id), ...body], offset);
    offset = next;
  }
}

const PORT_TYPES = {
  endpoint: 0,
  'root-port': 4,
  'upstream-port': 5,
  'downstream-port': 6,
  'pcie-to-pci-bridge': 7,
  'root-complex-endpoint': 9,
} as const;

export const capability = {
  powerManagement: (options: { noSoftReset?: boolean; state?: 0 | 1 | 2 | 3 } = {}): CapabilityBytes => ({
    id: 0x01,
    body: [0x03, 0x00, (options.state ?? 0) | (options.noSoftReset === true ? 0x08 : 0), 0, 0, 0],
  }),
  productData: (): CapabilityBytes => ({ id: 0x03, body: [0, 0, 0, 0, 0, 0] }),
  msi: (): CapabilityBytes => ({ id: 0x05, body: [0x80, ...Array<number>(10).fill(0)] }),
  msiX: (vectors: number): CapabilityBytes => ({
    id: 0x11,
    body: [...word(vectors - 1), ...long(0x3), ...long(0x2003)],
  }),
  advancedFeatures: (options: { flr: boolean }): CapabilityBytes => ({
    id: 0x13,
    body: [0x06, options.flr ? 0x03 : 0x01, 0x00, 0x00],
  }),
  /** PCI Express, version 2. Speed is 1 for 2.5 GT/s, 2 for 5, 3 for 8 … */
  express: (options: {
    type: keyof typeof PORT_TYPES;
    flr?: boolean;
    slot?: number;
    speed?: number;
    width?: number;
    ariForwarding?: boolean;
  }): CapabilityBytes => {
    const { type, flr = false, slot, speed = 3, width = 4, ariForwarding } = options;
    const link = type === 'root-complex-endpoint' ? 0 : (width << 4) | speed;
    return {
      id: 0x10,
      body: [
        ...word(2 | (PORT_TYPES[type] << 4) | (slot === undefined ? 0 : 0x100)),
        ...long(flr ? 0x1000_0000 : 0),
        ...long(0),
        ...long(link),
        ...long(link << 16),
        ...long((slot ?? 0) << 19),
        ...Array<number>(12).fill(0),
        ...long(ariForwarding === undefined ? 0 : 0x20),
        ...long(ariForwarding === true ? 0x20 : 0),
        ...Array<number>(16).fill(0),
      ],
    };
  },
} as const;

export const extended = {
  errorReporting: (): ExtendedBytes => ({ id: 0x01, body: Array<number>(0x44).fill(0) }),
  /** `00-1b-21-ff-ff-12-34-56`, as lspci prints it. */
  serialNumber: (serial: string): ExtendedBytes => ({
    id: 0x03,
    body: serial
      .split('-')
      .reverse()
      .map((digits) => Number.parseInt(digits, 16)),
  }),
  /** Each of the seven services is a bit, from source validation (1) to direct translated (40). */
  accessControl: (supported: number, enabled: number): ExtendedBytes => ({
    id: 0x0d,
    body: [...word(supported), ...word(enabled)],
  }),
  alternativeRouting: (nextFunction: number): ExtendedBytes => ({
    id: 0x0e,
    body: [0, nextFunction, 0, 0],
  }),
  sriov: (options: {
    total: number;
    active: number;
    offset: number;
    stride: number;
    vfDevice: string;
    /** The first register for VF BARs. */
    vfBar?: number;
  }): ExtendedBytes => ({
    id: 0x10,
    body: [
      ...long(0),
      ...word(options.active > 0 ? 0x09 : 0),
      ...word(0),
      ...word(options.total),
      ...word(options.total),
      ...word(options.active),
      ...word(0),
      ...word(options.offset),
      ...word(options.stride),
      ...word(0),
      ...word(Number.parseInt(options.vfDevice, 16)),
      ...long(0x553),
      ...long(1),
      ...long(options.vfBar ?? 0),
      ...Array<number>(24).fill(0),
    ],
  }),
} as const;
