import { Problem } from '../../../base/problem.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import type { ModuleChange } from '../../../plan/changes/host/module.ts';
import { functionsOn, isDriverRegistered, isModuleLoaded } from '../../../sysfs/device/driver-state.ts';
import type { ChangeMaker } from '../../change-maker.ts';

const MODPROBE = 'modprobe';

/** Loads the module of a driver, and removes it, by `modprobe`. */
export const moduleMaker: ChangeMaker<ModuleChange> = {
  async isReached({ reader }, change, goal) {
    return isThere(reader, change) === goal;
  },

  async reach({ reader, runner }, change, goal) {
    const { module, driver } = change;
    if (isThere(reader, change) === goal) return null;
    // The kernel would unbind its devices without asking.
    const [user] = goal || driver === null ? [] : functionsOn(reader, driver);
    if (user !== undefined)
      return new Problem('MODULE_IN_USE', `cannot remove ${module}: ${user} uses ${driver}`);
    const asked = `cannot ${goal ? 'load' : 'remove'} ${module}`;
    const run = await runner.run(MODPROBE, goal ? ['--', module] : ['-r', '--', module]);
    if (run.kind === 'missing')
      return new Problem('PROGRAM_MISSING', `${asked}: ${MODPROBE} is not installed`);
    if (run.kind === 'failed') return new Problem('MODULE_FAILED', `${asked}: ${MODPROBE} ${run.detail}`);
    if (run.exitCode === 0) return null;
    const [said = ''] = run.stderr.trim().split('\n');
    const why = said === '' ? `${MODPROBE} exits with ${run.exitCode}` : said;
    return new Problem('MODULE_FAILED', `${asked}: ${why}`);
  },
};

function isThere(reader: HostReader, { module, driver }: ModuleChange): boolean {
  return driver === null ? isModuleLoaded(reader, module) : isDriverRegistered(reader, driver);
}
