import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { castDevices } from '../../contract/cast-devices.ts';
import { parseTranscripts, runScenarios, SCENARIOS } from '../../contract/run-scenarios.ts';
import { prepareSimulation } from '../../contract/simulated-machine.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NAME = 'lab-intel';

const snapshot = parseSnapshot(readFileSync(join(ROOT, `fixtures/${NAME}.snapshot`), 'utf8'), NAME);
/** What a real kernel gave, played by `live-main.ts` in the machine that the snapshot is of. */
const transcripts = parseTranscripts(
  readFileSync(join(ROOT, 'test/contract/kernel-6.12-intel.jsonl'), 'utf8'),
);

const host = new SnapshotHost(snapshot);
const cast = castDevices(host);

describe('the simulated host does what the kernel does', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
    const [transcript] = await runScenarios([scenario], cast, prepareSimulation(host));
    expect(transcript?.unmet).toEqual([]);
    const { kernel: _, ...real } = transcripts.find((each) => each.scenario === name) ?? { kernel: null };
    expect(transcript).toEqual(real);
  });

  it('in every scenario that was played, and no other', () => {
    expect(transcripts.map(({ scenario }) => scenario)).toEqual(SCENARIOS.map(({ name }) => name));
    expect(transcripts.flatMap(({ unmet }) => unmet)).toEqual([]);
  });
});
