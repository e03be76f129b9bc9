import { type Known, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../host/host-reader.ts';
import type { IommuState } from '../pci/iommu-state.ts';
import { CPU_INFO_PATH, PROC_PATHS, SYS_PATHS } from './paths.ts';

const TABLES = ['DMAR', 'IVRS', 'VIOT', 'IORT'];
const CPU_MAKERS: Readonly<Record<string, string>> = { GenuineIntel: 'Intel', AuthenticAMD: 'AMD' };

/**
 * Reads `/sys/class/iommu`, the names in `/sys/firmware/acpi/tables`, the line `vendor_id : GenuineIntel` of
 * `/proc/cpuinfo`, and `/proc/cmdline`.
 */
export function readIommuState(host: HostReader): IommuState {
  const units = host.list(SYS_PATHS.iommuClass);
  const cpu = knownOf(host.readLines(CPU_INFO_PATH, ['vendor_id']));
  const commandLine = knownOf(host.readText(PROC_PATHS.commandLine));
  return {
    units: units === null || isFailure(units) ? [] : units,
    firmwareTables: readTables(host),
    cpuMaker: mapKnown(cpu, ([line = '']) => CPU_MAKERS[line.split(':')[1]?.trim() ?? ''] ?? null),
    kernelArguments: mapKnown(commandLine, (text) =>
      text
        .trim()
        .split(/\s+/)
        .filter((word) => /^(\w+_)?iommu[.=]/.test(word)),
    ),
  };
}

function readTables(host: HostReader): Known<readonly string[]> {
  const names = host.list(SYS_PATHS.acpiTables);
  if (names === null) return null;
  if (isFailure(names)) return { unknown: names.unknown };
  return TABLES.filter((table) => names.includes(table));
}
