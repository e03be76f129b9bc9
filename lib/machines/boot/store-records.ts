import * as z from 'zod/mini';
import { STORE_NAME_PATTERN } from './store-paths.ts';

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const size = z.int().check(z.nonnegative());
const storedFile = z.object({ sha256, sizeBytes: size });

const origin = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('packages'),
    /** The system whose packages they are: `debian bookworm`. */
    distribution: z.string(),
    packages: z.array(z.object({ name: z.string(), version: z.string() })),
  }),
  z.object({ kind: z.literal('file'), path: z.string() }),
]);

const bootRecord = z.object({
  version: z.literal(1),
  name: z.string().check(z.regex(new RegExp(STORE_NAME_PATTERN))),
  kernelVersion: z.nullable(z.string()),
  kernel: z.nullable(storedFile),
  elf: z.nullable(storedFile),
  /** Why there is no ELF beside the kernel; `null` if there is one, or no kernel. */
  whyNoElf: z.nullable(z.string()),
  initrd: z.nullable(storedFile),
  /** The protocol of the agent in the initramfs; missing or 0: it has none, as before there was an agent. */
  agent: z.optional(z.int().check(z.nonnegative())),
  origin,
  createdAt: z.string(),
});

const imageRecord = z.object({
  version: z.literal(1),
  name: z.string().check(z.regex(new RegExp(STORE_NAME_PATTERN))),
  format: z.enum(['raw', 'qcow2', 'iso']),
  sha256,
  /** Of the file; it may take less on the disk. */
  sizeBytes: size,
  /** The size that a guest sees. */
  virtualBytes: size,
  origin,
  createdAt: z.string(),
});

type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

/** A file of the store, by its content. */
export type StoredFile = Immutable<z.infer<typeof storedFile>>;
/** The source of boot assets or of an image. */
export type StoreOrigin = Immutable<z.infer<typeof origin>>;
/** The record of boot assets with a name. */
export type BootRecord = Immutable<z.infer<typeof bootRecord>>;
/** The record of a disk image. */
export type ImageRecord = Immutable<z.infer<typeof imageRecord>>;

/** Reads a record of boot assets; `null` if it is damaged. */
export function parseBootRecord(raw: string): BootRecord | null {
  return parse(bootRecord, raw);
}

/** Reads a record of an image; `null` if it is damaged. */
export function parseImageRecord(raw: string): ImageRecord | null {
  return parse(imageRecord, raw);
}

/** The files that a record needs, each once. */
export function filesOf({ kernel, elf, initrd }: BootRecord): readonly StoredFile[] {
  return [kernel, elf, initrd].filter((file) => file !== null);
}

function parse<T>(form: z.ZodMiniType<T>, raw: string): Immutable<T> | null {
  try {
    const parsed = form.safeParse(JSON.parse(raw));
    return parsed.success ? (parsed.data as Immutable<T>) : null;
  } catch {
    return null;
  }
}
