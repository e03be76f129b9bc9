import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { castDevices } from '../contract/cast-devices.ts';
import { kernelDifferences, NEW_IN_KERNEL } from '../contract/kernel-differences.ts';
import { parseTranscripts, runScenarios, SCENARIOS } from '../contract/run-scenarios.ts';
import { prepareSimulation } from '../contract/simulated-machine.ts';
import { CAPTURES } from './captures.ts';
import { describeLab, useMachine } from './describe-lab.ts';

const ROOT = join(import.meta.dirname, '../..');
const PLAYED_WITHIN_MS = 3_600_000;

describeLab('the scenarios of change', (root) => {
  const machine = useMachine(root, 'intel');

  test(
    'go on the real kernel as on the simulated host that was captured from it',
    async () => {
      const outfile = join(machine().folder, 'contract.mjs');
      const entryPoints = [join(ROOT, 'test/contract/live-main.ts')];
      await build({
        entryPoints,
        outfile,
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20.19',
      });
      await machine().output(['sh', '-ec', 'modprobe igbvf; udevadm settle']);
      const text = await machine().pciOutput(['snapshot']);
      const { stdout, stderr } = await machine().run(['node', '/lab/contract.mjs'], {
        timeoutMs: PLAYED_WITHIN_MS,
      });
      const real = parseTranscripts(stdout);
      expect(
        real.map(({ scenario }) => scenario),
        stderr,
      ).toEqual(SCENARIOS.map(({ name }) => name));
      if (CAPTURES) {
        writeFileSync(join(ROOT, 'fixtures/lab-intel.snapshot'), text);
        writeFileSync(join(ROOT, 'test/contract/kernel-6.12-intel.jsonl'), stdout);
      }
      const captured = new SnapshotHost(parseSnapshot(text, 'lab-intel'));
      const simulated = await runScenarios(SCENARIOS, castDevices(captured), prepareSimulation(captured));
      expect(kernelDifferences(real, simulated), NEW_IN_KERNEL).toEqual([]);
      expect(simulated.flatMap(({ unmet }) => unmet)).toEqual([]);
    },
    PLAYED_WITHIN_MS + 60_000,
  );
});
