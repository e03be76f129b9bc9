/** A parsed line of `modules.alias`, which is compared with many devices. */
export interface ModuleAlias {
  readonly module: string;
  /** A variant driver for VFIO: it binds only devices whose `driver_override` names it. */
  readonly isVfioVariant: boolean;
  /** The text of the pattern before its first `*`, between them, and after the last; `tail` is `null` without any. */
  readonly head: string;
  readonly pieces: readonly string[];
  readonly tail: string | null;
}

/**
 * Parses `alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb`. Variant drivers for VFIO have their own prefix: `alias
 * vfio_pci:v…`. Undefined if the line is not an alias.
 */
export function parseModuleAlias(line: string): ModuleAlias | undefined {
  const [, vfio, pattern, module] = /^alias (vfio_)?(\S{1,200}) (\S{1,200})$/.exec(line) ?? [];
  if (pattern === undefined || module === undefined) return undefined;
  const [head = '', ...pieces] = pattern.split('*');
  const tail = pieces.pop() ?? null;
  return { module, isVfioVariant: vfio !== undefined, head, pieces, tail };
}

/**
 * Whether an alias matches the `modalias` of a device: `*` matches any text, as in the shell. Linear in the length of
 * both.
 */
export function fitsModuleAlias({ head, pieces, tail }: ModuleAlias, modalias: string): boolean {
  if (!modalias.startsWith(head)) return false;
  if (tail === null) return modalias === head;
  let at = head.length;
  for (const piece of pieces) {
    const found = modalias.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return modalias.length - at >= tail.length && modalias.endsWith(tail);
}
