/*
 * Plays the scenarios on the machine that it runs on, and prints the transcripts as JSON, a line each. For a virtual machine that
 * has the devices of `cast-devices.ts`, as root, with modprobe, udevadm and perl. It takes drivers
 * off devices, and removes some: for no other machine.
 */
import { TreeHost } from '../../lib/host/file/tree-host.ts';
import { castDevices } from './cast-devices.ts';
import { LiveMachine } from './live-machine.ts';
import { runScenarios, SCENARIOS } from './run-scenarios.ts';

const reader = new TreeHost('', 'live');
// VFs find their driver there, as they would on a host that had VFs before.
const machine = new LiveMachine(reader, ['igbvf']);
const words = process.argv.slice(2);
const chosen = SCENARIOS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
);
const cast = castDevices(reader);
for (const scenario of chosen) {
  const [transcript] = await runScenarios([scenario], cast, () => machine.prepare());
  if (transcript === undefined) continue;
  process.stdout.write(`${JSON.stringify({ kernel: machine.kernel, ...transcript })}\n`);
  // Playing takes minutes; whoever waits sees how far it is.
  process.stderr.write(
    `${transcript.unmet.length === 0 ? 'as expected' : 'NOT AS EXPECTED'}: ${scenario.name}\n`,
  );
  for (const problem of transcript.unmet) process.stderr.write(`  step ${problem}\n`);
  if (transcript.unmet.length > 0) process.exitCode = 1;
}
machine.writer.close();
