/**
 * For the title of a test or a suite that is skipped unless a condition holds: why it is skipped, in one line, empty if it is not.
 */
export function whySkipped(isRun: boolean, why: string): string {
  return isRun ? '' : ` (SKIPPED: ${why.replaceAll(/\s+/g, ' ')})`;
}

/** Why a test is skipped, by its title with those of its suites; `null` if no title has a reason. */
export function reasonIn(fullName: string): string | null {
  return /\(SKIPPED: (.*?)\)(?= > |$)/.exec(fullName)?.[1] ?? null;
}
