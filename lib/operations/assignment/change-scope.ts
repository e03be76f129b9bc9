/** The parts of VMs to change; by default only their definitions. */
export interface ScopeOptions {
  /** Their definitions, which take effect at the next start; the default without `live`. */
  readonly config?: boolean | undefined;
  /** The running VMs. */
  readonly live?: boolean | undefined;
}

/** The parts of VMs that change: their definitions, the running VMs, or both. */
export interface ChangeScope {
  readonly config: boolean;
  readonly live: boolean;
}

export function scopeOf({ live = false, config = false }: ScopeOptions): ChangeScope {
  return { live, config: !live || config };
}
