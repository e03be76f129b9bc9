import * as z from 'zod';
import { text } from '../facts/basic-facts.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file of the store. */
const storedFile = z.object({
  sha256: sha256.describe('The name of the file below /var/lib/portal-gun/boot.'),
  sizeBytes: z.int(),
  path: text.describe('An absolute path.'),
});

const origin = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('packages'),
    distribution: text.describe('The id and codename of the system: debian bookworm.'),
    packages: z.array(z.object({ name: text, version: text })),
  }),
  z.object({ kind: z.literal('file'), path: text }),
]);

const createdAt = z.string().describe('ISO 8601 in UTC.');

/** Boot assets with a name. */
export const bootAssets = z.object({
  name: text,
  kernelVersion: text.nullable().describe('As uname -r prints it; null if it is not known.'),
  kernel: storedFile.nullable().describe('The kernel as it was installed or imported.'),
  elf: storedFile.nullable().describe('The uncompressed kernel, which machines start with if there is one.'),
  whyNoElf: text.nullable().describe('Why a kernel has no uncompressed one beside it.'),
  initrd: storedFile.nullable(),
  agent: z.int().optional().describe('The version of the agent in the initramfs; absent or 0: it has none.'),
  origin,
  createdAt,
});

/** A disk image with a name. */
export const storedImage = z.object({
  name: text,
  path: text.describe('An absolute path.'),
  format: z.enum(['raw', 'qcow2', 'iso']),
  sha256,
  sizeBytes: z.int().describe('Of the file; a sparse file takes less on the disk.'),
  virtualBytes: z.int().describe('What a guest sees.'),
  origin,
  createdAt,
});

/** The problem of an entry whose record or files are damaged. */
export const problem = text
  .nullable()
  .describe('What is wrong with its record or files; null if nothing is.');
