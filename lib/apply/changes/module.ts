import type { HostReader } from '../../host/host-reader.ts';
import type { ModuleChange } from '../../plan/changes/module.ts';
import { functionsOn, isDriverRegistered, isModuleLoaded } from '../../sysfs/device/driver-state.ts';
import type { ChangeMaker } from '../change-maker.ts';

const MODPROBE = 'modprobe';

/** Loads the module of a driver, and takes it out again, by `modprobe`. */
export const moduleMaker: ChangeMaker<ModuleChange> = {
  async isReached({ reader }, change, goal) {
    return isThere(reader, change) === goal;
  },

  async reach({ reader, runner }, change, goal) {
    const { module, driver } = change;
    if (isThere(reader, change) === goal) return null;
    // The kernel would take them off it, unasked.
    const [user] = goal || driver === null ? [] : functionsOn(reader, driver);
    if (user !== undefined) return `${module} stays loaded: ${user} is on ${driver}`;
    const verb = goal ? 'loaded' : 'removed';
    const run = await runner.run(MODPROBE, goal ? ['--', module] : ['-r', '--', module]);
    if (run.kind === 'missing') return `${module} can't be ${verb}: there is no ${MODPROBE}`;
    if (run.kind === 'failed') return `${module} can't be ${verb}: ${MODPROBE} ${run.detail}`;
    if (run.exitCode === 0) return null;
    const [said = ''] = run.stderr.trim().split('\n');
    return `${module} can't be ${verb}: ${said === '' ? `${MODPROBE} exits with ${run.exitCode}` : said}`;
  },
};

function isThere(reader: HostReader, { module, driver }: ModuleChange): boolean {
  return driver === null ? isModuleLoaded(reader, module) : isDriverRegistered(reader, driver);
}
