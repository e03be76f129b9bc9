/** What of VMs is to change; only their definitions by default. */
export interface ScopeOptions {
  /** Their definitions, which are in force from the next start on; the default without `live`. */
  readonly config?: boolean | undefined;
  /** What they have now, as they run. */
  readonly live?: boolean | undefined;
}

/** What of VMs changes: their definitions, what they have now, or both. */
export interface ChangeScope {
  readonly config: boolean;
  readonly live: boolean;
}

export function scopeOf({ live = false, config = false }: ScopeOptions): ChangeScope {
  return { live, config: !live || config };
}
