import { Problem } from '../../../base/problem.ts';
import { isFailure } from '../../../host/host-reader.ts';
import { pause } from '../../../host/this-process.ts';
import type { KeptVirsh } from '../../../libvirt/kept-virsh.ts';
import { type HooksChange, LIBVIRT_PIDS } from '../../../plan/changes/host/hooks.ts';
import { formatProbe, HOOK_ANSWER, PROBE_NAME } from '../../../plan/persistence/hook-probe.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askLibvirt, runOne } from '../machine/ask-libvirt.ts';

const TRIES = 10;
const TRY_EVERY_MS = 500;

/**
 * Tells libvirt of a hook by SIGHUP, as `systemctl reload` does, unless it calls hooks already, and waits until it
 * calls them. Whether it does is seen by a VM that the hook refuses to start.
 */
export const hooksMaker: AskedChangeMaker<HooksChange> = {
  look: async (host, change) => lookOf(host, change, change.from),
};

/** @param isCalled whether libvirt calls the hooks; nothing is asked to find out, because that may start a VM */
function lookOf(host: ChangeableHost, change: HooksChange, isCalled: boolean): Observation<HooksChange> {
  return {
    problem: null,
    isAt: (goal) => goal === isCalled,
    async reach(goal) {
      const problem = goal ? await askLibvirt<null>(host, change.uri, (virsh) => tell(host, virsh)) : null;
      return problem ?? lookOf(host, change, goal);
    },
  };
}

async function tell(host: ChangeableHost, virsh: KeptVirsh): Promise<Problem | null> {
  let answer = await probe(virsh);
  if (answer === null) return null;
  const told = await reload(host);
  if (told !== null) return told;
  for (let tries = 0; tries < TRIES; tries++) {
    answer = await probe(virsh);
    if (answer === null) return null;
    await pause(TRY_EVERY_MS);
  }
  return new Problem('HOOKS_NOT_CALLED', `libvirt does not call the hook: ${answer}`);
}

/** Why the hook was not called, in words; `null` if it was. */
async function probe(virsh: KeptVirsh): Promise<string | null> {
  let words = '';
  // A QEMU without emulation cannot start a VM of the first type.
  for (const type of ['qemu', 'kvm'] as const) {
    const { error } = await runOne(
      virsh,
      ['create', virsh.inputFile, '--paused', '--autodestroy'],
      formatProbe(type),
    );
    if (error === null) {
      await runOne(virsh, ['destroy', PROBE_NAME]);
      return 'it started a VM that the hook refuses';
    }
    if (error.includes(HOOK_ANSWER)) return null;
    words = error;
  }
  return words;
}

async function reload({ reader, runner }: ChangeableHost): Promise<Problem | null> {
  const failed = (why: string): Problem => new Problem('HOOKS_NOT_CALLED', `cannot tell libvirt: ${why}`);
  let isTold = false;
  for (const [program, file] of LIBVIRT_PIDS) {
    const text = reader.readText(file);
    const pid = text === null || isFailure(text) ? '' : text.trim();
    // The file may be of an earlier process.
    if (!/^\d{1,10}$/.test(pid) || !isNamed(reader.readText(`/proc/${pid}/comm`), program)) continue;
    const run = await runner.run('kill', ['-HUP', pid]);
    if (run.kind !== 'exited' || run.exitCode !== 0) return failed(`kill -HUP ${pid} failed`);
    isTold = true;
  }
  return isTold ? null : failed(`no process in ${[...LIBVIRT_PIDS.values()].join(', ')}`);
}

function isNamed(comm: unknown, program: string): boolean {
  return typeof comm === 'string' && comm.trim() === program;
}
