/** A reason why a machine cannot start. */
export interface Obstacle {
  /** The name of the machine. */
  readonly subject: string;
  readonly message: string;
  readonly hint: string;
}

/** Whether something is so, with what prevents the start; a note if that is not known. */
export interface Findings {
  readonly obstacles: readonly Obstacle[];
  /** What could not be found out, in whole sentences. */
  readonly notes: readonly string[];
}
