import type { Known } from '../base/known.ts';
import { type HostReader, isFailure } from '../host/host-reader.ts';
import { SYS_PATHS } from './paths.ts';

/** Whether an IOMMU is at work, and whether the firmware describes one. */
export interface IommuState {
  /** The units that the kernel drives: `dmar0`, `ivhd0`. Empty where none is in effect. */
  readonly units: readonly string[];
  /** The firmware's table of IOMMUs: `DMAR` (Intel), `IVRS` (AMD), `VIOT` (virtio), `IORT` (Arm). `null` without ACPI. */
  readonly firmwareTables: Known<readonly string[]>;
}

const TABLES = ['DMAR', 'IVRS', 'VIOT', 'IORT'];

/** Reads `/sys/class/iommu` and the names in `/sys/firmware/acpi/tables`. */
export function readIommuState(host: HostReader): IommuState {
  const units = host.list(SYS_PATHS.iommuClass);
  return {
    units: units === null || isFailure(units) ? [] : units,
    firmwareTables: readTables(host),
  };
}

function readTables(host: HostReader): Known<readonly string[]> {
  const names = host.list(SYS_PATHS.acpiTables);
  if (names === null) return null;
  if (isFailure(names)) return { unknown: names.unknown };
  return TABLES.filter((table) => names.includes(table));
}
