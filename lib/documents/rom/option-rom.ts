import * as z from 'zod';
import { address, text } from '../facts/basic-facts.ts';
import { deviceClass, namedId } from '../facts/device-facts.ts';

export const romVerdicts = z
  .array(
    z.object({
      level: z
        .enum(['ok', 'warns', 'bad'])
        .describe('ok: correct. warns: it works, but not everywhere. bad: damaged, or for another device.'),
      code: z.string().regex(/^[a-z-]+$/),
      message: text,
    }),
  )
  .meta({
    id: 'rom-inspect#verdicts',
    description: 'Verdicts on the ROM. A message is a clause for a user.',
  });

const pcir = z
  .object({
    offset: z.int().min(0),
    revision: z.int().min(0),
    sizeBytes: z.int().min(0),
    vendorId: z.string().regex(/^[0-9a-f]{4}$/),
    deviceId: z.string().regex(/^[0-9a-f]{4}$/),
    deviceIds: z
      .array(z.string().regex(/^[0-9a-f]{4}$/))
      .nullable()
      .describe('Other devices that the image supports; null if it has no such list.'),
    classCode: z.string().regex(/^[0-9a-f]{6}$/),
    codeType: z.int().min(0),
    codeRevision: z.int().min(0),
    isLast: z.boolean(),
    maxRuntimeBytes: z.int().min(0).nullable(),
  })
  .meta({ id: 'rom-inspect#pcir' });

const legacy = z
  .object({
    sizeBytes: z.int().min(0).describe('The size of the loaded part, which the checksum covers.'),
    checksum: z.enum(['right', 'wrong', 'cut']),
    pnp: z
      .object({
        checksum: z.enum(['right', 'wrong']),
        manufacturer: z.string().nullable(),
        product: z.string().nullable(),
      })
      .nullable()
      .describe('Its Plug and Play header. Texts are copied from the image.'),
  })
  .meta({ id: 'rom-inspect#legacy' });

const efi = z
  .object({
    hasSignature: z.boolean(),
    subsystem: z.string().describe('application, boot-service-driver, runtime-driver, or a number in hex.'),
    machine: z.string().describe('x64, ia32, aarch64, …, or a number in hex.'),
    compression: z.string().describe('none, efi, or a number in hex.'),
    programOffset: z.int().min(0),
    hasProgram: z
      .boolean()
      .nullable()
      .describe('Whether the data there looks like a program; null if that cannot be checked.'),
  })
  .meta({ id: 'rom-inspect#efi' });

const romImage = z
  .object({
    offset: z.int().min(0),
    sizeBytes: z.int().min(0).describe('The size in its own header; 0 if it has none.'),
    isCut: z.boolean().describe('Whether the image is longer than the data.'),
    kind: z.enum(['legacy', 'open-firmware', 'hp-pa-risc', 'efi', 'other']),
    pcir: pcir.nullable().describe('Its PCI data structure; null if it has none.'),
    legacy: legacy.nullable().describe('Only for an image for a BIOS.'),
    efi: efi.nullable().describe('Only for an image for UEFI.'),
  })
  .meta({ id: 'rom-inspect#image' });

export const romContents = z
  .object({
    sizeBytes: z.int().min(0).describe('The number of bytes that were read.'),
    startsAt: z.int().min(0).nullable().describe('The offset of the first image; null if there is none.'),
    before: z
      .enum(['ones', 'zeros', 'other'])
      .nullable()
      .describe('The data before the first image; null if there is none.'),
    images: z.array(romImage).max(64),
    ending: z
      .enum(['last-mark', 'no-signature', 'end', 'no-length', 'no-structure', 'too-many'])
      .nullable()
      .describe('Why the last image is the last; null if there is no image.'),
    behind: z
      .object({ at: z.int().min(0), sizeBytes: z.int().min(0), filling: z.enum(['ones', 'zeros', 'other']) })
      .nullable()
      .describe('The data after the last image.'),
  })
  .meta({ id: 'rom-inspect#rom' });

export const inspectedDevice = z
  .object({ address, vendor: namedId, device: namedId, class: deviceClass })
  .nullable()
  .meta({ id: 'rom-inspect#device', description: 'The device that it was checked for; null for none.' });

export const romSource = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('file'), path: text }),
    z.object({
      kind: z.literal('device'),
      address,
      isShadow: z.boolean().describe("Whether it is the firmware's copy for the boot display."),
    }),
  ])
  .meta({ id: 'rom-inspect#source', description: 'The source: a file, or a device.' });
