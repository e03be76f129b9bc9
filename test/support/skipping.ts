/** For the title of a test or a suite that is skipped unless a condition holds: why it is skipped, empty where it is not. */
export function whySkipped(isRun: boolean, why: string): string {
  return isRun ? '' : ` (SKIPPED: ${why})`;
}

/** Why a test is skipped, by its title with those of its suites; `null` where no title says so. */
export function reasonIn(fullName: string): string | null {
  return /\(SKIPPED: (.*?)\)(?= > |$)/.exec(fullName)?.[1] ?? null;
}
