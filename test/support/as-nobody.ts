const NOBODY = 65534;

/**
 * Runs `act` as a user whom file permissions bind: root reads a file of mode 000 as any other. Synchronous
 * alone, and in a process of its own: worker threads can't change their user.
 */
export function asNobody<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(NOBODY);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}
