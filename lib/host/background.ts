/** Starts programs that outlive ours, and the session that it was started in. */
export interface Background {
  /**
   * Starts a program in a session of its own, with its streams on `/dev/null`; each argument is passed on as it is, and
   * nobody waits for it.
   *
   * @returns why it could not be started; `null` once it runs
   */
  start(program: string, args: readonly string[]): Promise<string | null>;
}
