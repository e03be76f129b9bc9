import { expect } from 'vitest';
import type { Outcome as CheckOutcome } from '../../lib/checks/validation/validate.ts';
import { HOST_RULES } from '../../lib/checks/validation/validation-rules.ts';
import { pciInside } from '../support/pci-program.ts';
import type { RunningMachine } from './boot-machine.ts';
import { runInside } from './inventory-documents.ts';

export interface ValidationDocument {
  readonly tier: string;
  readonly results: readonly {
    readonly rule: string;
    readonly outcome: CheckOutcome;
    readonly virtHostValidate: { readonly word: string; readonly contradicts: boolean } | null;
  }[];
  readonly virtHostValidate: readonly object[] | null;
}

const WORDS: Readonly<Record<string, CheckOutcome>> = {
  PASS: 'pass',
  NOTE: 'note',
  WARN: 'warn',
  FAIL: 'fail',
};
/** Of these we judge otherwise: they are graver or milder here, or about another user. */
const JUDGED_OTHERWISE = ['secure-guest', 'iommu-in-effect', 'kvm-accessible'];
/** It goes by the table of the maker that it takes the processor for, and knows no other. */
const OTHER_TABLE = 'iommu-firmware';

/** Holds what is said of a host to what virt-host-validate printed there, row by row. */
export function expectSameRows(output: string, { results, virtHostValidate }: ValidationDocument): void {
  const rows = [...output.matchAll(/^ +QEMU: Checking (?:for |if )?(.*?) +: ([A-Z]{4})(?: |$)/gm)];
  expect(rows.length).toBeGreaterThan(8);
  // There is a rule for each.
  expect(virtHostValidate).toEqual([]);
  for (const [, text = '', word = ''] of rows) {
    const rule = HOST_RULES.find((each) => each.virtHostValidate === text)?.id ?? text;
    const result = results.find((each) => each.rule === rule);
    if (JUDGED_OTHERWISE.includes(rule)) expect(result).toMatchObject({ virtHostValidate: { word } });
    else if (rule === OTHER_TABLE) {
      const contradicts = result?.outcome === 'pass' && word !== 'PASS';
      expect(result).toMatchObject({ virtHostValidate: { word, contradicts } });
    } else {
      const same = { rule, outcome: WORDS[word], virtHostValidate: { word, contradicts: false } };
      expect(result).toMatchObject(same);
    }
  }
}

/**
 * Holds what is said of a machine to what virt-host-validate reports there, and to what is said of a snapshot of it.
 *
 * @param snapshot the file, with nothing in it replaced
 * @returns what fails of what passing devices through takes
 */
export async function checkValidation(machine: RunningMachine, snapshot: string): Promise<readonly string[]> {
  const other = await machine.run(['sh', '-c', 'LC_ALL=C exec virt-host-validate qemu']);
  const [outcome] = await runInside(machine, [['validate', '--json']]);
  expect(outcome).toMatchObject({ exitCode: 1, stderr: '' });
  const seen = JSON.parse(outcome?.stdout ?? '') as ValidationDocument;
  expectSameRows(other.stdout, seen);
  const { stdout } = await pciInside(['validate', '--json', '--host', snapshot]);
  expect(comparable(JSON.parse(stdout) as ValidationDocument)).toEqual(comparable(seen));
  const failed = seen.results.filter((each) => each.outcome === 'fail').map(({ rule }) => rule);
  const forDevices = HOST_RULES.filter(({ purposes }) => purposes.includes('passthrough')).map(
    ({ id }) => id,
  );
  return failed.filter((rule) => forDevices.includes(rule));
}

/** What the running host alone tells. */
const LIVE = ['persisted', 'folders-9p'];

/** Without that. */
function comparable({ tier, results }: ValidationDocument): object {
  return {
    tier,
    results: results
      .filter(({ rule }) => !LIVE.includes(rule))
      .map((result) => ({ ...result, virtHostValidate: null })),
  };
}
