import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const guestCopyDocument = z
  .object({
    schema: z.literal('portal-gun/guest-copy/v1'),
    machine: text.describe('Name or UUID, as given.'),
    direction: z.enum(['to-guest', 'from-guest']),
    guestPath: text.describe('The path in the guest.'),
    hostPath: text.describe('The path of this host, as given.'),
    sizeBytes: z.int().min(0),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('SHA-256 of the content, which was checked.'),
    mode: z
      .string()
      .regex(/^[0-7]{3}$/)
      .describe('Permissions of the copy, in octal.'),
  })
  .meta({ id: 'guest-copy', title: 'portal cp --json' });

/** `portal cp --json`. */
export type GuestCopyDocument = DocumentOf<typeof guestCopyDocument>;
