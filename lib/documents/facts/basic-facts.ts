import * as z from 'zod';

/** Text that is never empty. */
export const text = z.string().min(1);

export const unknownFact = z.object({ unknown: z.enum(['denied', 'broken', 'unread']) }).meta({
  id: 'facts#unknown',
  description:
    'Why a fact is unknown. denied: the kernel refused the read (root can read it). broken: the read failed or gave invalid data. unread: the fact was not read.',
});

/** A fact of a host: the value, null if the host has none, or why it is unknown. */
export const known = <T extends z.ZodType>(fact: T) => z.union([fact, z.null(), unknownFact]);

/** An object with unspecified keys. */
export const anyObject: z.ZodType<object> = z.looseObject({});

export const address = z
  .string()
  .regex(/^(?:[0-9a-f]{4}|[1-9a-f][0-9a-f]{4,7}):[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/)
  .meta({
    id: 'facts#address',
    description: 'A PCI address, domain:bus:slot.function in lowercase; the domain has 4 to 8 hex digits.',
  });

export const hexId = z
  .string()
  .regex(/^[0-9a-f]{4}$/)
  .meta({ id: 'facts#id', description: 'A vendor or device id.' });

export const hexAddress = z
  .string()
  .regex(/^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/)
  .meta({ id: 'facts#hex', description: 'An address of up to 64 bits.' });

export const count = z.int().min(0).meta({ id: 'facts#count' });

export const names = z.array(text).meta({ id: 'facts#names' });

export const host = z
  .object({
    label: z.string().describe('The name of the host, or the given path.'),
    libvirt: z
      .string()
      .describe('The URI of the libvirt that reported it; omitted if libvirt was not asked.')
      .optional(),
  })
  .meta({ id: 'facts#host', description: 'The host that was read.' });

export const diagnostics = z
  .array(
    z.object({
      subject: text.describe('A PCI address, a path of the host, or the name or UUID of a VM.'),
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/)
        .describe('Stable name.'),
      message: text.describe('One sentence for a person.'),
    }),
  )
  .meta({ id: 'facts#diagnostics', description: 'Problems that were found while reading the host.' });

// The description of the file of shared facts, which is not a document.
z.unknown().meta({
  id: 'facts',
  title: 'Facts of a PCI host, as every document of pci has them',
  description:
    'An absent fact is null. A fact that could not be read is {"unknown": …}. Keys are added within v1, never changed or removed.',
});
