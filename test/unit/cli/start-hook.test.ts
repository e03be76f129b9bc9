import { expect, test } from 'vitest';
import { startHookSteps } from '../../../lib/operations/assignment/start-hook.ts';
import { HostSession } from '../../../lib/operations/session/host-session.ts';
import { START_HOOK_PATH } from '../../../lib/plan/persistence/start-hook-paths.ts';
import { idleHost } from '../../support/idle-host.ts';
import { fixture } from '../../support/pci-program.ts';
import { simulateMachine } from '../../support/simulated-changes.ts';
import { simulatedPorts } from '../../support/simulated-ports.ts';

const ports = simulatedPorts(simulateMachine(idleHost([])));

test('the hook of libvirt is put on the machine that is changed, and on none for a captured host', () => {
  expect(startHookSteps(new HostSession(ports), true)).toMatchObject([
    { change: { kind: 'file', path: START_HOOK_PATH } },
  ]);
  const captured = new HostSession(ports, { host: fixture('lab-intel') });
  expect(startHookSteps(captured, true)).toEqual([]);
  expect(startHookSteps(captured, false)).toEqual([]);
});
