/** Whether the work that it was given to is to end early. An `AbortSignal` is one. */
export interface Cancellation {
  readonly aborted: boolean;
}

/** The work ended early because its caller cancelled it, and left nothing behind. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** @throws Cancelled if the work is to end early */
export function demandGoing(signal: Cancellation | undefined): void {
  if (signal?.aborted === true) throw new Cancelled();
}
