import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the running child processes of a process, from `/proc/PID/stat`. */
export function childProcesses(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === parent)
    .map(Number);
}

/** The state and the parent are after the name, which is in parentheses and may contain some. */
function parentOf(name: string): number | null {
  try {
    const [state, parent] = (/\) (.*)$/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1] ?? '').split(
      ' ',
    );
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}
