import { describe, expect, it } from 'vitest';
import { demandModules } from '../../../lib/apply/demand-modules.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import type { Run, Runner } from '../../../lib/host/runner.ts';
import type { Plan } from '../../../lib/plan/plan.ts';

const PLAN: Plan = {
  title: 'load it',
  guards: [],
  steps: [
    {
      words: 'load vfio-pci',
      change: { kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true },
    },
  ],
};

const exited = (exitCode: number, stdout = ''): Run => ({ kind: 'exited', exitCode, stdout, stderr: '' });

/** A host whose kernel is locked down so far, and whose programs answer so. */
function hostWith(lockdown: string | null, programs: Readonly<Record<string, Run>>) {
  const reader = { readText: () => lockdown } as unknown as HostReader;
  const runner: Runner = { run: async (program) => programs[program] ?? { kind: 'missing' } };
  return { reader, runner };
}

async function codeOf(host: ReturnType<typeof hostWith>): Promise<string> {
  try {
    await demandModules(PLAN, host);
    return 'none';
  } catch (error) {
    const { code, message, exitCode } = error as { code: string; message: string; exitCode: number };
    return `${exitCode} ${code}: ${message}`;
  }
}

const LOCKED = 'none [integrity] confidentiality\n';

describe('the modules of a plan', () => {
  it.each([
    ['that are there', null, { modprobe: exited(0) }, 'none'],
    ['of a kernel without lockdown', '[none] integrity confidentiality\n', { modprobe: exited(0) }, 'none'],
    ['that are signed', LOCKED, { modprobe: exited(0), modinfo: exited(0, 'PKCS#7\n') }, 'none'],
    ['that modinfo can not tell of', LOCKED, { modprobe: exited(0), modinfo: exited(1) }, 'none'],
    [
      'that are not there',
      null,
      { modprobe: exited(1) },
      '6 NO_DRIVER: the kernel has neither the driver nor a module for it',
    ],
    [
      'that modprobe is told not to load',
      null,
      { modprobe: exited(0, 'install /bin/false \n') },
      '6 NO_DRIVER: modprobe.d forbids loading it: install /bin/false',
    ],
    ['without modprobe', null, {}, '7 TOOL_MISSING: is not installed'],
    [
      'that are not signed under lockdown',
      LOCKED,
      { modprobe: exited(0), modinfo: exited(0, '\n') },
      '6 NO_DRIVER: the kernel is locked down (integrity) and refuses modules without a signature',
    ],
  ])('%s', async (_, lockdown, programs, expected) => {
    expect(await codeOf(hostWith(lockdown, programs))).toBe(expected);
  });
});
