import { expect, test } from 'vitest';
import { startHookSteps } from '../../../lib/cli/start-hook.ts';
import { openLiveHost } from '../../../lib/host/open-host.ts';
import { START_HOOK_PATH } from '../../../lib/plan/persistence/start-hook-paths.ts';

const host = { ...openLiveHost(), readText: () => null, exists: () => false, list: () => null } as never;

test('the hook of libvirt is put on the machine that is changed, and on none for a captured host', () => {
  expect(startHookSteps({} as never, host, true)).toMatchObject([
    { change: { kind: 'file', path: START_HOOK_PATH } },
  ]);
  expect(startHookSteps({ host: 'a.snapshot' } as never, host, true)).toEqual([]);
  expect(startHookSteps({ host: 'a.snapshot' } as never, host, false)).toEqual([]);
});
