import * as z from 'zod';
import { pendingRecovery } from './changes/pending-recovery.ts';
import type { DocumentOf } from './document.ts';
import { diagnostics, host, unknownFact } from './facts/basic-facts.ts';

const checkCount = z.int().min(0).meta({ id: 'validation#amount' });

const foreignWord = z.enum(['PASS', 'NOTE', 'WARN', 'FAIL']).meta({ id: 'validation#word' });

const foreignRow = z
  .object({ text: z.string(), word: foreignWord, message: z.string().nullable() })
  .meta({ id: 'validation#row' });

export const checkResult = z
  .object({
    rule: z.string().regex(/^[a-z0-9-]+$/),
    title: z.string(),
    scope: z.enum(['host', 'device', 'machine']),
    subject: z.string().nullable().describe('The address of the device, or the name of the machine.'),
    outcome: z
      .enum(['pass', 'note', 'warn', 'fail', 'unknown', 'apart'])
      .describe('`unknown`: it could not be told; `apart`: there was nothing to check.'),
    message: z.string(),
    why: z.enum(['denied', 'broken', 'unread']).nullable().describe('Why it could not be told.'),
    evidence: z.array(z.string()),
    remedy: z.string().nullable(),
    fix: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('kernel-argument'), argument: z.string() }),
        z.object({ kind: z.literal('load-module'), module: z.string() }),
        z.object({ kind: z.literal('module-option'), module: z.string(), option: z.string() }),
        z.object({
          kind: z.literal('lock-limit'),
          user: z.string().describe('Whose programs may lock so much memory.'),
          sizeBytes: z.int().min(0),
        }),
        z.object({ kind: z.literal('persisted') }).describe('What was persisted is brought into force.'),
      ])
      .nullable()
      .describe('The change that the remedy describes, as data; null where a person has to do it.'),
    virtHostValidate: z
      .object({ word: foreignWord, message: z.string().nullable(), contradicts: z.boolean() })
      .nullable()
      .describe(
        'What virt-host-validate says of the same; it contradicts where one of both says that all is well.',
      ),
  })
  .meta({ id: 'validation#result' });

const validationDocument = z
  .object({
    schema: z.literal('portal-gun/validation/v1'),
    host,
    asked: z
      .object({
        purposes: z.array(z.enum(['passthrough', 'sriov', 'gpu', 'nested', 'machines'])),
        devices: z.array(z.string()),
        machine: z.string().nullable(),
        strict: z.boolean(),
      })
      .describe(
        'What was asked: purposes, devices and a machine, each as far as it was given, and whether warnings count.',
      ),
    passed: z.boolean().describe('Whether the exit status is 0.'),
    tier: z
      .union([z.enum(['passthrough', 'kvm', 'emulation']), unknownFact])
      .describe(
        'How far the host goes: it gives devices to machines, it runs them by KVM, or it has to emulate them.',
      ),
    givesDevices: z
      .union([z.boolean(), unknownFact])
      .describe('Whether devices can be given to machines; those that are emulated can have devices too.'),
    counts: z
      .object({
        pass: checkCount,
        note: checkCount,
        warn: checkCount,
        fail: checkCount,
        unknown: checkCount,
        apart: checkCount,
      })
      .describe('How many checks came to what.'),
    results: z.array(checkResult).describe('Each check: see the page of the rules for what each is about.'),
    virtHostValidate: z
      .array(foreignRow)
      .nullable()
      .describe('What virt-host-validate says of which there is no rule; null where it was not run.'),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({
    id: 'validation',
    title: 'pci validate --json',
    description: 'Whether a host can do what is asked of it, check by check.',
  });

/** `pci validate --json`. */
export type ValidationDocument = DocumentOf<typeof validationDocument>;
