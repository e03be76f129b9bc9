/** Whether this process is root's: what changes a host needs it. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The command that starts this program again, from wherever: Node, and the file that it was started with. */
export function thisProgram(): readonly string[] {
  return [process.execPath, ...process.argv.slice(1, 2)];
}

/** The time of day, ISO 8601 in UTC. */
export function timeNow(): string {
  return new Date().toISOString();
}
