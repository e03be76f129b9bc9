// Runs the built `pci` again and again in one process: a start costs seconds under emulation, and so does code that
// was never run before. A request is a line of JSON on standard input, a list of arguments; what came of it a line on
// descriptor 3. Kept free of the project's code but for the program itself.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const PROGRAM = '/portal-gun/dist/bin/pci.js';
const REPLIES = 3;

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
let runs = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text) => {
      written[name] += text;
      return true;
    };
  }
  process.argv = [process.execPath, PROGRAM, ...JSON.parse(line)];
  process.exitCode = undefined;
  runs += 1;
  // Another name for the same file, so that it runs once more.
  await import(`${pathToFileURL(PROGRAM)}?${runs}`);
  const reply = Buffer.from(`${JSON.stringify({ ...written, exitCode: process.exitCode ?? 0 })}\n`);
  for (let done = 0; done < reply.length; ) done += writeSync(REPLIES, reply, done);
}
