import { type HostReader, isFailure, type Reading } from '../../host/host-reader.ts';
import { driverPath, lastName, SYS_PATHS } from '../paths.ts';

/** A driver that is registered with the PCI bus. */
export interface RegisteredDriver {
  readonly name: string;
  /** Its module, as `/sys/module` names it; `null` for a built-in driver, or if unknown. */
  readonly module: string | null;
}

/**
 * The drivers that are registered with the PCI bus, ordered by name: the directories in `/sys/bus/pci/drivers`. A
 * driver of a module has a link `module -> ../../../../module/i2c_i801`.
 */
export function readRegisteredDrivers(host: HostReader): Reading<readonly RegisteredDriver[]> {
  const names = host.list(SYS_PATHS.pciDrivers);
  if (names === null || isFailure(names)) return names;
  return names.map((name) => {
    const module = host.readLink(`${driverPath(name)}/module`);
    return { name, module: typeof module === 'string' ? lastName(module) : null };
  });
}
