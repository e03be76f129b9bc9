// Runs the built `pci` many times in one process: a start costs seconds under emulation. Standard input is a
// JSON list of lists of arguments; standard output a JSON list of what came of each.
// Kept free of the project's code but for the program itself.
const PROGRAM = 'file:///portal-gun/dist/bin/pci.js';

let input = '';
for await (const text of process.stdin.setEncoding('utf8')) input += text;

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
const write = process.stdout.write.bind(process.stdout);
const outcomes = [];
for (const [index, args] of JSON.parse(input).entries()) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text) => {
      written[name] += text;
      return true;
    };
  }
  process.argv = [process.execPath, 'pci', ...args];
  // Another name for the same file, so that it runs once more.
  await import(`${PROGRAM}?${index}`);
  outcomes.push({ ...written, exitCode: process.exitCode });
}
process.exitCode = 0;
write(JSON.stringify(outcomes));
