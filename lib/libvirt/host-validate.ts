import type { HostValidateRow, HostValidateWord } from '../facts/host-validate-row.ts';
import type { Runner } from '../host/runner.ts';

const PROGRAM = 'virt-host-validate';
const LINE = /^\s*QEMU: Checking (?:for |if )?(.*?)\s*: (PASS|NOTE|WARN|FAIL)(?: \((.*)\))?\s*$/;

/**
 * What libvirt's own check of a host says, by `virt-host-validate qemu`, a line each:
 *
 *       QEMU: Checking if device '/dev/kvm' exists                                 : PASS
 *       QEMU: Checking for device assignment IOMMU support                         : WARN (No ACPI IVRS table found, …)
 *
 * `null` where it is not installed, or says nothing of the kind. https://libvirt.org/manpages/virt-host-validate.html
 */
export async function runHostValidate(runner: Runner): Promise<readonly HostValidateRow[] | null> {
  const run = await runner.run(PROGRAM, ['qemu'], { environment: { LC_ALL: 'C' } });
  // It exits with 1 where anything fails.
  if (run.kind !== 'exited') return null;
  const rows = parseHostValidate(run.stdout);
  return rows.length === 0 ? null : rows;
}

/** The rows in what it prints; lines of another form are passed over. */
export function parseHostValidate(output: string): readonly HostValidateRow[] {
  return output.split('\n').flatMap((line): readonly HostValidateRow[] => {
    const [, text, word, message] = LINE.exec(line) ?? [];
    if (text === undefined || text === '') return [];
    return [{ text, word: word as HostValidateWord, message: message ?? null }];
  });
}
