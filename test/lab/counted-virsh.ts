import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningLibvirtd } from './libvirtd.ts';

/** A `virsh` of which it is known how often it was started. */
export interface CountedVirsh {
  /** A folder for `PATH`. */
  readonly bin: string;
  /** How many processes of it were started since this was asked the last time. */
  started(): number;
  /** The number of the process that was started last. */
  lastPid(): number;
}

export function countedVirsh({ bin: real, folder }: RunningLibvirtd): CountedVirsh {
  const bin = mkdtempSync(join(folder, 'counted-'));
  const log = join(bin, 'log');
  writeFileSync(log, '');
  writeFileSync(join(bin, 'virsh'), `#!/bin/sh\necho $$ >> '${log}'\nexec '${real}/virsh' "$@"\n`, {
    mode: 0o755,
  });
  const pids = (): readonly string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  let known = 0;
  return {
    bin,
    started() {
      const before = known;
      known = pids().length;
      return known - before;
    },
    lastPid: () => Number(pids().at(-1)),
  };
}
