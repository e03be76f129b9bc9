import { type Known, knownValue } from '../base/known.ts';

/** Whether an IOMMU is at work, whether the firmware describes one, and what decides whether the kernel uses it. */
export interface IommuState {
  /** The units that the kernel drives: `dmar0`, `ivhd0`. Empty where none is in effect. */
  readonly units: readonly string[];
  /** The firmware's table of IOMMUs: `DMAR` (Intel), `IVRS` (AMD), `VIOT` (virtio), `IORT` (Arm). `null` without ACPI. */
  readonly firmwareTables: Known<readonly string[]>;
  /** `Intel`, `AMD`; `null` for others. */
  readonly cpuMaker: Known<string>;
  /** The kernel's arguments that are about it: `intel_iommu=on`, `iommu=pt`. */
  readonly kernelArguments: Known<readonly string[]>;
}

// Documentation/admin-guide/kernel-parameters.txt. There is no word that takes the first kind back.
const SWITCHED_OFF = /^(iommu|amd_iommu)=(.*,)?off(,|$)/;
const INTEL_SWITCH = /^intel_iommu=(?:.*,)?(on|off)(?:,|$)/;
const SWITCHES: Readonly<Record<string, string>> = { Intel: 'VT-d', AMD: 'AMD-Vi (IOMMU)' };

/** The kernel's argument that keeps the IOMMU switched off, if one does. Of those about Intel's the last one counts. */
export function switchedOffBy({ kernelArguments }: IommuState): string | undefined {
  const words = knownValue(kernelArguments) ?? [];
  const last = words.filter((word) => INTEL_SWITCH.test(word)).at(-1);
  const isOff = last !== undefined && INTEL_SWITCH.exec(last)?.[1] === 'off';
  return words.find((word) => SWITCHED_OFF.test(word)) ?? (isOff ? last : undefined);
}

/** What to do, on a host that runs without an IOMMU, so that it runs with one: for this CPU, firmware and command line. */
export function iommuAdvice(state: IommuState): string {
  const { firmwareTables, cpuMaker } = state;
  const off = switchedOffBy(state);
  if (off !== undefined) return `take ${off} off the kernel command line, and start it anew`;
  const tables = knownValue(firmwareTables);
  const maker = knownValue(cpuMaker);
  const inFirmware = `switch on ${SWITCHES[maker ?? ''] ?? 'VT-d (Intel) or AMD-Vi (AMD)'} in the setup of the firmware`;
  const onIntel = 'add intel_iommu=on to the kernel command line';
  if (tables === undefined) {
    return maker === 'AMD'
      ? inFirmware
      : `${inFirmware}, and${maker === 'Intel' ? '' : ', on Intel,'} ${onIntel}`;
  }
  if (tables.length === 0) return inFirmware;
  if (tables.includes('DMAR')) return onIntel;
  return `the kernel has no driver for it in effect (${tables.join(', ')} table): see its messages, dmesg | grep -i iommu`;
}
