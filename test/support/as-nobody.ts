const NOBODY = 65534;

/**
 * Runs `act` as a user whom file permissions restrict, because root can read a file of mode 000. Only synchronous,
 * and in a process of its own, because worker threads cannot change their user.
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
