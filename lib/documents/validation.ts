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
    subject: z.string().nullable().describe('The address of the device, or the name of the VM.'),
    outcome: z
      .enum(['pass', 'note', 'warn', 'fail', 'unknown', 'apart'])
      .describe('`unknown`: the check could not decide; `apart`: nothing to check.'),
    message: z.string(),
    why: z.enum(['denied', 'broken', 'unread']).nullable().describe('Why the check could not decide.'),
    evidence: z.array(z.string()),
    remedy: z.string().nullable(),
    fix: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('kernel-argument'), argument: z.string() }),
        z.object({ kind: z.literal('load-module'), module: z.string() }),
        z.object({ kind: z.literal('module-option'), module: z.string(), option: z.string() }),
        z.object({
          kind: z.literal('lock-limit'),
          user: z.string().describe('The user whose programs may lock this amount of memory.'),
          sizeBytes: z.int().min(0),
        }),
        z.object({ kind: z.literal('persisted') }).describe('Restores the persisted settings.'),
      ])
      .nullable()
      .describe('The change that the remedy describes, as data; null if the user must make it by hand.'),
    virtHostValidate: z
      .object({ word: foreignWord, message: z.string().nullable(), contradicts: z.boolean() })
      .nullable()
      .describe(
        'The result of virt-host-validate for the same check; `contradicts` if one of the two reports a problem and the other does not.',
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
      .describe('The request: purposes, devices and a VM, each if given, and whether warnings count.'),
    passed: z.boolean().describe('Whether the exit status is 0.'),
    tier: z
      .union([z.enum(['passthrough', 'kvm', 'emulation']), unknownFact])
      .describe(
        'The level that the host supports: passing devices to VMs, running VMs with KVM, or emulation.',
      ),
    givesDevices: z
      .union([z.boolean(), unknownFact])
      .describe('Whether devices can be passed to VMs; emulated VMs can have devices too.'),
    counts: z
      .object({
        pass: checkCount,
        note: checkCount,
        warn: checkCount,
        fail: checkCount,
        unknown: checkCount,
        apart: checkCount,
      })
      .describe('The number of checks for each outcome.'),
    results: z.array(checkResult).describe('Each check. The reference of validation rules describes them.'),
    virtHostValidate: z
      .array(foreignRow)
      .nullable()
      .describe('Results of virt-host-validate that no rule covers; null if it was not run.'),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({
    id: 'validation',
    title: 'pci validate --json',
    description: 'Whether a host supports the requested purpose, check by check.',
  });

/** `pci validate --json`. */
export type ValidationDocument = DocumentOf<typeof validationDocument>;
