/** A fault of a definition, and its place. */
export interface DefinitionFault {
  /** `machines/r0/machine.yaml:4:9`. */
  readonly at: string;
  readonly message: string;
  /** An action that fixes it; `null` if the message is enough. */
  readonly hint: string | null;
}
