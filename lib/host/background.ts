/** Starts programs that outlive this process and its session. */
export interface Background {
  /**
   * Starts a program in a session of its own, with its streams on `/dev/null`. Each argument is passed unchanged.
   * Does not wait for the program.
   *
   * @returns why it could not be started; `null` if it runs
   */
  start(program: string, args: readonly string[]): Promise<string | null>;
}
