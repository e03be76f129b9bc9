import { isUnknown, type Known } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../../host/host-reader.ts';
import type { HostContext } from '../host-context.ts';
import type { DeviceSource } from './device-source.ts';
import { fitsModuleAlias, type ModuleAlias, parseModuleAlias } from './module-alias.ts';

// The part of a modalias with the vendor and device of the function.
const IDS = /^(pci:v[0-9A-F]{8})d[0-9A-F]{8}/;

/**
 * The modules whose aliases match a device, as `modprobe` finds them: the device's `modalias`
 * (`pci:v00008086d000010C9sv…bc02sc00i00`) is compared with the lines of `modules.alias` (`alias
 * pci:v00008086d000010C9sv*sd*bc*sc*i* igb`). Only lines for its ids, and for any id, are read: a vendor can have
 * thousands, which would all become part of a snapshot.
 */
export function readModules(source: DeviceSource, context: HostContext): Known<readonly string[]> {
  const path = context.aliasesPath();
  const modalias = source.text('modalias');
  if (modalias === null || isUnknown(modalias)) return modalias;
  if (path === null) return null;
  if (isFailure(path)) return knownOf<never>(path);
  const ids = IDS.exec(modalias)?.[0];
  if (ids === undefined) return source.broken('modalias', modalias);
  const aliases = context.moduleAliases(ids, () => readAliases(context.host, path, ids));
  if (aliases === null) return null;
  if (isFailure(aliases)) return knownOf<never>(aliases);
  const fitting = aliases.filter((alias) => fitsModuleAlias(alias, modalias));
  return [...new Set(fitting.map(({ module }) => module))].sort();
}

/** The aliases in the table at `path` that match a PCI modalias. */
export function matchModuleAliases(
  host: HostReader,
  path: string,
  modalias: string,
): Reading<readonly ModuleAlias[]> {
  const ids = IDS.exec(modalias)?.[0];
  if (ids === undefined) return [];
  const aliases = readAliases(host, path, ids);
  if (aliases === null || isFailure(aliases)) return aliases;
  return aliases.filter((alias) => fitsModuleAlias(alias, modalias));
}

/** The aliases for functions with these ids, `pci:v00008086d000010C9`, or with any. */
export function readAliases(host: HostReader, path: string, ids: string): Reading<readonly ModuleAlias[]> {
  const vendor = ids.slice(0, 'pci:v00000000'.length);
  const prefixes = [ids, `${vendor}d*`, 'pci:v*'].flatMap((each) => [`alias ${each}`, `alias vfio_${each}`]);
  const lines = host.readLines(path, prefixes);
  if (lines === null || isFailure(lines)) return lines;
  return lines.map(parseModuleAlias).filter((alias) => alias !== undefined);
}
