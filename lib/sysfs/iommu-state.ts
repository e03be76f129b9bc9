import { knownValue, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../host/host-reader.ts';
import type { IommuState } from '../pci/group/iommu-state.ts';
import { CPU_INFO_PATH, PROC_PATHS, SYS_PATHS } from './paths.ts';
import { CPU_PREFIXES, readArchitecture, readHypervisor } from './platform.ts';

const TABLES = ['DMAR', 'IVRS', 'VIOT', 'IORT', 'RIMT'];
/** Hygon's processors have AMD's IOMMU, Zhaoxin's Intel's. */
const CPU_MAKERS: Readonly<Record<string, string>> = {
  GenuineIntel: 'Intel',
  CentaurHauls: 'Intel',
  Shanghai: 'Intel',
  AuthenticAMD: 'AMD',
  HygonGenuine: 'AMD',
};

/**
 * Reads `/sys/class/iommu`, the names in `/sys/firmware/acpi/tables`, the line `vendor_id : GenuineIntel` of
 * `/proc/cpuinfo`, `/proc/cmdline`, and files that show the architecture and the hypervisor.
 */
export function readIommuState(host: HostReader): IommuState {
  const units = host.list(SYS_PATHS.iommuClass);
  const cpu = knownOf(host.readLines(CPU_INFO_PATH, CPU_PREFIXES));
  const cpuLines = knownValue(cpu) ?? [];
  const tables = knownOf(host.list(SYS_PATHS.acpiTables));
  const commandLine = knownOf(host.readText(PROC_PATHS.commandLine));
  return {
    units: units === null || isFailure(units) ? [] : units,
    firmwareTables: mapKnown(tables, (names) => TABLES.filter((table) => describesIommu(host, table, names))),
    cpuMaker: mapKnown(cpu, makerOf),
    kernelArguments: mapKnown(commandLine, (text) =>
      text
        .trim()
        .split(/\s+/)
        .filter((word) => /^(\w+_)?iommu[.=]/.test(word)),
    ),
    architecture: readArchitecture(host, cpuLines, knownValue(tables) ?? []),
    hypervisor: readHypervisor(host, cpuLines, knownValue(tables) ?? []),
  };
}

function makerOf(cpuLines: readonly string[]): string | null {
  const line = cpuLines.find((each) => each.startsWith('vendor_id'));
  return CPU_MAKERS[line?.split(':')[1]?.trim() ?? ''] ?? null;
}

/**
 * Every Arm server with ACPI has an IORT, for interrupts; only its contents, which require root, show whether it
 * describes an SMMU.
 */
function describesIommu(host: HostReader, table: string, names: readonly string[]): boolean {
  if (!names.includes(table)) return false;
  if (table !== 'IORT') return true;
  const bytes = host.readBytes(`${SYS_PATHS.acpiTables}/${table}`);
  return bytes === null || isFailure(bytes) || hasSmmu(bytes) !== false;
}

/**
 * Whether a table IORT has a node of an SMMU (types 3 and 4); `null` if it is damaged. Arm DEN0049: the number of
 * nodes is at 36, the offset of the first at 40; the first byte of a node is its type, and the next two its length.
 */
export function hasSmmu(table: Uint8Array): boolean | null {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  if (view.byteLength < 48) return null;
  let at = view.getUint32(40, true);
  for (let left = view.getUint32(36, true); left > 0; left -= 1) {
    if (at + 4 > view.byteLength) return null;
    const type = view.getUint8(at);
    if (type === 3 || type === 4) return true;
    const length = view.getUint16(at + 1, true);
    if (length === 0) return null;
    at += length;
  }
  return false;
}
