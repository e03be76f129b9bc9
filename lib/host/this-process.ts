/** Whether this process is root's: what changes a host needs it. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The time of day, ISO 8601 in UTC. */
export function timeNow(): string {
  return new Date().toISOString();
}
