/** A line to the writing process: the path and the text. */
export interface WriteRequest {
  readonly path: string;
  readonly text: string;
}

/** A line from it for each request, in order: the kernel's name for the failure, or `null`. */
export interface WriteReply {
  readonly failed: string | null;
}

/**
 * The program of the writing process, for `node --eval`: a text, because it runs from the sources, the modules and
 * the bundle alike. It reads a {@link WriteRequest} per line, writes a {@link WriteReply} per line, and ends when its
 * stdin is closed, that is, when its parent ends. Its argument is the process id of the parent. After the parent is
 * killed, it writes none of the remaining requests, because a recovery may already run.
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
