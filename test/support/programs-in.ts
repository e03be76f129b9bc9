import { delimiter } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { LiveRunner } from '../../lib/host/live/live-runner.ts';
import { PROGRAM_FOLDERS } from '../../lib/host/programs.ts';

/**
 * During the tests beside this call, has what runs in this process look for programs in a folder first, before those of
 * the system: what is installed here makes no difference then. What is started by their PATH, such as scripts, has the
 * folder first in that; no libvirt is named by the environment.
 *
 * Programs are injected into this process only: a process of its own has no way to be told where root's programs are,
 * since whoever could tell it could have root run anything.
 *
 * @param only whether programs that are not in the folder are missing
 */
export function useProgramsIn(folder: () => string, { only = false } = {}): void {
  let end: (() => void) | undefined;
  beforeAll(() => {
    const folders = only ? [folder()] : [folder(), ...PROGRAM_FOLDERS];
    const injected = new LiveRunner(folders);
    const { run, open } = LiveRunner.prototype;
    const spies = [
      vi.spyOn(LiveRunner.prototype, 'run').mockImplementation((...args) => run.apply(injected, args)),
      vi.spyOn(LiveRunner.prototype, 'open').mockImplementation((...args) => open.apply(injected, args)),
    ];
    const { PATH, LIBVIRT_DEFAULT_URI } = process.env;
    process.env['PATH'] = folders.join(delimiter);
    delete process.env['LIBVIRT_DEFAULT_URI'];
    end = () => {
      process.env['PATH'] = PATH;
      if (LIBVIRT_DEFAULT_URI !== undefined) process.env['LIBVIRT_DEFAULT_URI'] = LIBVIRT_DEFAULT_URI;
      for (const spy of spies) spy.mockRestore();
    };
  });
  afterAll(() => end?.());
}
