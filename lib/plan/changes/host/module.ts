import { quote } from '../../../base/shell-command.ts';
import { driverPath, modulePath } from '../../../sysfs/paths.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isBoolean, isName, isNullOr } from '../../change-parts.ts';

/**
 * A module is loaded or removed; the module of a PCI driver counts as loaded if the driver is registered with the
 * bus.
 */
export interface ModuleChange {
  readonly kind: 'module';
  readonly module: string;
  /** `null` for a module without a PCI driver. */
  readonly driver: string | null;
  readonly from: boolean;
  readonly to: boolean;
}

export const moduleKind = {
  hasForm: ({ module, driver, from, to }) =>
    isName(module) && isNullOr(driver, isName) && isBoolean(from) && isBoolean(to),
  words: ({ module, to }) => `${to ? 'load' : 'remove'} ${module}`,
  script: {
    parts: () => [],
    checks: () => [],
    lines({ module, driver, to }) {
      const isThere = `[ -d ${quote(driver === null ? modulePath(module) : driverPath(driver))} ]`;
      return to
        ? [
            `${isThere} || modprobe -- ${quote(module)}`,
            `${isThere} || fail ${quote(`${driver ?? module} is not there`)}`,
          ]
        : [`${isThere} && modprobe -r -- ${quote(module)}`];
    },
  },
  madeBy: 'this-machine',
  // The earlier state is restored whatever happened to the devices.
  functions: (_, direction) => (direction === 'to' ? null : []),
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: ({ module, driver, to }) => (to ? { module, driver } : null),
  // Loading a loaded module changes nothing, and a module in use is not removed.
  touches: () => [],
  endsWithBoot: () => true,
  unlessUndone: 'left',
} satisfies ChangeKind<ModuleChange>;
