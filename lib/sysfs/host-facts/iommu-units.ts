import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import type { IommuUnit } from '../../facts/host-facts.ts';
import { resolveLink } from '../../host/file/resolve-link.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS, SYS_PATHS } from '../paths.ts';

/** The maximum number of interrupts to read: a large host has thousands, all of the same kind. */
const MOST_INTERRUPTS = 32;
const HEX = /^[0-9a-f]{1,16}$/i;
/** Levels of page tables, by two bits of AMD's extended features: 48-1882-PUB, HATS. */
const AMD_ADDRESS_BITS = [48, 57, 64];

/**
 * The abilities of each unit. Intel's are in `/sys/class/iommu/dmar0/intel-iommu/cap` (`d2008c222f0686`; Intel VT-d
 * specification, 11.4.2: MGAW in bits 21 to 16, SLLPS in 37 to 34), AMD's in `ivhd0/amd-iommu/features`, which has
 * its extended features. Others do not report them.
 */
export function readIommuUnits(host: HostReader, names: readonly string[]): readonly IommuUnit[] {
  return names.map((name) => {
    const path = directoryOf(host, `${SYS_PATHS.iommuClass}/${name}`);
    const intel = readRegister(host, `${path}/intel-iommu/cap`);
    if (intel !== null) {
      return {
        name,
        addressBits: mapKnown(intel, (cap) => Number((cap >> 16n) & 0x3fn) + 1),
        largePages: mapKnown(intel, (cap) => [
          ...((cap >> 34n) & 1n ? ['2 MiB' as const] : []),
          ...((cap >> 35n) & 1n ? ['1 GiB' as const] : []),
        ]),
      };
    }
    const amd = readRegister(host, `${path}/amd-iommu/features`);
    return {
      name,
      addressBits: mapKnown(amd, (features) => AMD_ADDRESS_BITS[Number((features >> 10n) & 3n)] ?? BROKEN),
      // AMD supports any power of two.
      largePages: mapKnown(amd, () => ['2 MiB', '1 GiB'] as const),
    };
  });
}

/** A snapshot contains the files in a directory, but not those behind a link to it. */
function directoryOf(host: HostReader, path: string): string {
  const target = host.readLink(path);
  return typeof target === 'string' ? (resolveLink(path, target) ?? path) : path;
}

function readRegister(host: HostReader, path: string): Known<bigint> {
  return mapKnown(knownOf(host.readText(path)), (text) => {
    const [digits = ''] = text.trim().split(/[\s:]/);
    return HEX.test(digits) ? BigInt(`0x${digits}`) : BROKEN;
  });
}

/**
 * Whether the IOMMU remaps interrupts of devices, by the names of their controllers: `IR-IO-APIC` in
 * `/sys/kernel/irq/0/chip_name`. `null` if there is no such list (before Linux 4.10).
 */
export function readInterruptRemapping(host: HostReader): Known<boolean> {
  const names = host.list(MACHINE_PATHS.interrupts);
  if (names === null || isFailure(names)) return knownOf<never>(names);
  const numbers = names.filter((name) => /^\d{1,6}$/.test(name)).sort((a, b) => Number(a) - Number(b));
  for (const number of numbers.slice(0, MOST_INTERRUPTS)) {
    const chip = host.readText(`${MACHINE_PATHS.interrupts}/${number}/chip_name`);
    if (isFailure(chip)) return knownOf<never>(chip);
    if (chip?.startsWith('IR-')) return true;
  }
  return false;
}
