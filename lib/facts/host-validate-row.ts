/** The words of virt-host-validate. */
export type HostValidateWord = 'PASS' | 'NOTE' | 'WARN' | 'FAIL';

/** One line of virt-host-validate. */
export interface HostValidateRow {
  /** The check: `device '/dev/kvm' exists`. */
  readonly text: string;
  readonly word: HostValidateWord;
  /** The text after the word in parentheses; `null` for none. */
  readonly message: string | null;
}
