import { delimiter } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { PROGRAM_FOLDERS } from '../../lib/host/programs.ts';

/**
 * During the tests beside this call, this process looks for programs in a folder before those of the system, so that
 * installed programs make no difference. Programs that search their PATH, such as scripts, have the folder first in
 * it; the environment names no libvirt.
 *
 * Only this process uses the folder: a separate process has no setting for the program folders of root, because such
 * a setting would allow a user to let root run any program.
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
