import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the processes that a process started and that are not gone, from `/proc/PID/stat`. */
export function childProcesses(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === parent)
    .map(Number);
}

/** The state and the parent stand behind the name, which is in parentheses and may hold some itself. */
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
