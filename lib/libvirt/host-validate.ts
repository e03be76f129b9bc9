import type { HostValidateRow, HostValidateWord } from '../facts/host-validate-row.ts';
import type { Runner } from '../host/runner.ts';

const PROGRAM = 'virt-host-validate';
const LINE = /^\s*QEMU: Checking (?:for |if )?(.*?)\s*: (PASS|NOTE|WARN|FAIL)(?: \((.*)\))?\s*$/;

/**
 * The result of libvirt's own check of a host, from `virt-host-validate qemu`, one line each:
 *
 *       QEMU: Checking if device '/dev/kvm' exists                                 : PASS
 *       QEMU: Checking for device assignment IOMMU support                         : WARN (No ACPI IVRS table found, …)
 *
 * `null` if it is not installed, or prints no such lines. https://libvirt.org/manpages/virt-host-validate.html
 */
export async function runHostValidate(runner: Runner): Promise<readonly HostValidateRow[] | null> {
  const run = await runner.run(PROGRAM, ['qemu'], { environment: { LC_ALL: 'C' } });
  // It exits with 1 if a check fails.
  if (run.kind !== 'exited') return null;
  const rows = parseHostValidate(run.stdout);
  return rows.length === 0 ? null : rows;
}

/** The rows in its output; other lines are skipped. */
export function parseHostValidate(output: string): readonly HostValidateRow[] {
  return output.split('\n').flatMap((line): readonly HostValidateRow[] => {
    const [, text, word, message] = LINE.exec(line) ?? [];
    if (text === undefined || text === '') return [];
    return [{ text, word: word as HostValidateWord, message: message ?? null }];
  });
}
