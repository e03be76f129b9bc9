import * as z from 'zod';
import { address, text } from '../facts/basic-facts.ts';
import { deviceClass, namedId } from '../facts/device-facts.ts';

export const romVerdicts = z
  .array(
    z.object({
      level: z
        .enum(['ok', 'warns', 'bad'])
        .describe(
          'ok: as it should be. warns: it works, but not everywhere. bad: damaged, or for another device.',
        ),
      code: z.string().regex(/^[a-z-]+$/),
      message: text,
    }),
  )
  .meta({
    id: 'rom-inspect#verdicts',
    description: 'What is to be said of it. A message is a clause for a person.',
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
      .describe('Other devices that it is for; null where it has no such list.'),
    classCode: z.string().regex(/^[0-9a-f]{6}$/),
    codeType: z.int().min(0),
    codeRevision: z.int().min(0),
    isLast: z.boolean(),
    maxRuntimeBytes: z.int().min(0).nullable(),
  })
  .meta({ id: 'rom-inspect#pcir' });

const legacy = z
  .object({
    sizeBytes: z.int().min(0).describe('How much of it is loaded, and checked.'),
    checksum: z.enum(['right', 'wrong', 'cut']),
    pnp: z
      .object({
        checksum: z.enum(['right', 'wrong']),
        manufacturer: z.string().nullable(),
        product: z.string().nullable(),
      })
      .nullable()
      .describe('Its header of Plug and Play. Texts are as the image has them.'),
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
      .describe("Whether it looks like a program there; null where that can't be seen."),
  })
  .meta({ id: 'rom-inspect#efi' });

const romImage = z
  .object({
    offset: z.int().min(0),
    sizeBytes: z.int().min(0).describe('As it says itself; 0 where it says none.'),
    isCut: z.boolean().describe('Whether it is longer than what is there.'),
    kind: z.enum(['legacy', 'open-firmware', 'hp-pa-risc', 'efi', 'other']),
    pcir: pcir.nullable().describe('Its PCI data structure; null where it has none.'),
    legacy: legacy.nullable().describe('Of an image for a BIOS alone.'),
    efi: efi.nullable().describe('Of an image for UEFI alone.'),
  })
  .meta({ id: 'rom-inspect#image' });

export const romContents = z
  .object({
    sizeBytes: z.int().min(0).describe('How many bytes were read.'),
    startsAt: z.int().min(0).nullable().describe('Where the first image begins; null where there is none.'),
    before: z
      .enum(['ones', 'zeros', 'other'])
      .nullable()
      .describe('What stands before the first image; null where nothing does.'),
    images: z.array(romImage).max(64),
    ending: z
      .enum(['last-mark', 'no-signature', 'end', 'no-length', 'no-structure', 'too-many'])
      .nullable()
      .describe('Why no image comes behind the last; null where there is no image.'),
    behind: z
      .object({ at: z.int().min(0), sizeBytes: z.int().min(0), filling: z.enum(['ones', 'zeros', 'other']) })
      .nullable()
      .describe('What comes behind the last image.'),
  })
  .meta({ id: 'rom-inspect#rom' });

export const inspectedDevice = z
  .object({ address, vendor: namedId, device: namedId, class: deviceClass })
  .nullable()
  .meta({ id: 'rom-inspect#device', description: 'The device that it was judged for; null for none.' });

export const romSource = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('file'), path: text }),
    z.object({
      kind: z.literal('device'),
      address,
      isShadow: z.boolean().describe("Whether it is the firmware's copy for the boot display."),
    }),
  ])
  .meta({ id: 'rom-inspect#source', description: 'A file, or the device that it was read from.' });
