// Runs the built `pci` again and again in one process: a start costs seconds under emulation, and so does code that
// was never run before. A request is a line of JSON on standard input, a list of arguments; what came of it a line on
// descriptor 3. Kept free of the project's code but for the program itself.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const PROGRAM = '/portal-gun/dist/bin/pci.js';
const REPLIES = 3;
const STREAMS = { 1: 'stdout', 2: 'stderr' };

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
const require = createRequire(import.meta.url);
const { writeSync } = fs;
for await (const line of createInterface({ input: process.stdin })) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text) => {
      written[name] += text;
      return true;
    };
  }
  // What is no terminal is written without a stream.
  fs.writeSync = (descriptor, bytes, at = 0, ...more) => {
    const name = STREAMS[descriptor];
    if (name === undefined) return writeSync(descriptor, bytes, at, ...more);
    written[name] += bytes.subarray(at).toString();
    return bytes.length - at;
  };
  process.argv = [process.execPath, PROGRAM, ...JSON.parse(line)];
  process.exitCode = undefined;
  // Only the program is run once more; what it is made of stays loaded.
  delete require.cache[PROGRAM];
  await require(PROGRAM).done;
  fs.writeSync = writeSync;
  const reply = Buffer.from(`${JSON.stringify({ ...written, exitCode: process.exitCode ?? 0 })}\n`);
  for (let done = 0; done < reply.length; ) done += writeSync(REPLIES, reply, done);
}
