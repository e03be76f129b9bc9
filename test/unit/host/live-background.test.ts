import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { LiveBackground } from '../../../lib/host/live/live-background.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

it('what is started in the background has a session of its own, and nothing of our terminal', async () => {
  const path = join(folder, 'told');
  // The fields of /proc/self/stat behind the name: state, parent, process group, session.
  const script =
    'exec > "$1.draft"; cut -d " " -f 1,6 /proc/$$/stat; readlink /proc/$$/fd/0; pwd; echo "$2"; mv "$1.draft" "$1"';
  expect(await new LiveBackground().start('sh', ['-c', script, 'sh', path, `a b $(c) 'd'`])).toBeNull();
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 60_000 });
  const [numbers = '', input, cwd, word] = readFileSync(path, 'utf8').split('\n');
  const [pid, session] = numbers.split(' ');
  expect(session).toBe(pid);
  expect({ input, cwd, word }).toEqual({ input: '/dev/null', cwd: '/', word: `a b $(c) 'd'` });
});

it('what can not be started in the background is said', async () => {
  expect(await new LiveBackground().start('no-such-program', [])).toBe('ENOENT');
});
