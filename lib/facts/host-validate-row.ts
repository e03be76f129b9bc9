/** The words of virt-host-validate. */
export type HostValidateWord = 'PASS' | 'NOTE' | 'WARN' | 'FAIL';

/** What virt-host-validate says in one line. */
export interface HostValidateRow {
  /** What it looks for: `device '/dev/kvm' exists`. */
  readonly text: string;
  readonly word: HostValidateWord;
  /** What stands behind the word in brackets; `null` for nothing. */
  readonly message: string | null;
}
