/**
 * A script for bash that starts a command, kills it as soon as it prints a line that begins as told, and exits with its
 * status. What the command printed is in `/lab/progress`.
 *
 * It waits by reading: a loop that looks again and again takes as much of an emulated processor as the command does.
 */
export function killedAt(command: string, line: string, signal: 'KILL' | 'TERM' = 'KILL'): string {
  return `exec 3< <(exec ${command} 2>&1); pid=$!
    while read -r line <&3; do
      echo "$line"
      [[ $line != '${line}'* ]] || kill -${signal} $pid
    done > /lab/progress
    wait $pid`;
}
