/** A line to the process that writes: what to write where. */
export interface WriteRequest {
  readonly path: string;
  readonly text: string;
}

/** A line from it, for each of those in their order: the kernel's word for why it failed, or `null`. */
export interface WriteReply {
  readonly failed: string | null;
}

/**
 * The program of the process that writes, for `node --eval`: a text, since it runs from the sources, the
 * modules and the bundle alike. It takes a {@link WriteRequest} a line and gives a {@link WriteReply} a line,
 * and ends with its standard input, which is when its parent does. Its argument is the process that it writes for: once
 * that was killed nothing is written any more of what it had asked for, since somebody may be putting things in order by then.
 */
export const WRITE_SERVER = `
const { closeSync, constants, openSync, writeSync } = require('node:fs');
const parent = Number(process.argv[1]);
const FLAGS = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
function attempt({ path, text }) {
  let descriptor;
  try {
    descriptor = openSync(path, FLAGS);
    const bytes = Buffer.from(text);
    return writeSync(descriptor, bytes) === bytes.length ? null : 'EIO';
  } catch (error) {
    return error.code ?? String(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (piece) => {
  const lines = (rest + piece).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (process.ppid !== parent) process.exit();
    process.stdout.write(JSON.stringify({ failed: attempt(JSON.parse(line)) }) + '\\n');
  }
});
process.stdout.on('error', () => process.exit());
`;
