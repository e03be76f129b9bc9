import { type Known, knownValue } from '../../base/known.ts';
import { type Architecture, architectureAdvice, type Hypervisor, virtualIommuAdvice } from '../platform.ts';

/**
 * Whether an IOMMU is in use, whether the firmware describes one, and the facts that decide whether the kernel uses
 * it.
 */
export interface IommuState {
  /** The units that the kernel drives: `dmar0`, `ivhd0`. Empty if none is in effect. */
  readonly units: readonly string[];
  /**
   * The IOMMU tables of the firmware: `DMAR` (Intel), `IVRS` (AMD), `VIOT` (virtio), `IORT` (Arm), `RIMT` (RISC-V).
   * `null` without ACPI.
   */
  readonly firmwareTables: Known<readonly string[]>;
  /** `Intel`, `AMD`; `null` for others. */
  readonly cpuMaker: Known<string>;
  /** The kernel arguments about the IOMMU: `intel_iommu=on`, `iommu=pt`. */
  readonly kernelArguments: Known<readonly string[]>;
  /** `null` if it is unknown. */
  readonly architecture: Known<Architecture>;
  /** The hypervisor of the host; `null` for none. */
  readonly hypervisor: Known<Hypervisor>;
}

// Documentation/admin-guide/kernel-parameters.txt. No argument revokes the first kind.
const SWITCHED_OFF = /^(iommu|amd_iommu)=(.*,)?off(,|$)/;
const INTEL_SWITCH = /^intel_iommu=(?:.*,)?(on|off)(?:,|$)/;
const SWITCHES: Readonly<Record<string, string>> = { Intel: 'VT-d', AMD: 'AMD-Vi (IOMMU)' };

/**
 * The kernel argument that disables the IOMMU, if there is one. Of the arguments about Intel's, the last one counts.
 */
export function switchedOffBy(state: IommuState): string | undefined {
  const words = knownValue(state.kernelArguments) ?? [];
  const last = intelWord(state);
  const isOff = last !== undefined && INTEL_SWITCH.exec(last)?.[1] === 'off';
  return words.find((word) => SWITCHED_OFF.test(word)) ?? (isOff ? last : undefined);
}

/** The kernel argument that enables Intel's IOMMU, if there is one. */
export function switchedOnBy(state: IommuState): string | undefined {
  const last = intelWord(state);
  return last !== undefined && INTEL_SWITCH.exec(last)?.[1] === 'on' ? last : undefined;
}

function intelWord({ kernelArguments }: IommuState): string | undefined {
  return knownValue(kernelArguments)?.findLast((word) => INTEL_SWITCH.test(word));
}

const XEN_ADVICE =
  'this is Xen dom0, and Xen uses the IOMMU: assign devices to its guests with xl pci-assignable-add, or boot the host without Xen';

/** Whether Xen uses the IOMMU, so that Linux has none. */
export function isUnderXen({ hypervisor }: IommuState): boolean {
  const known = knownValue(hypervisor);
  return known?.kind === 'xen' && known.isHost;
}

/**
 * How to enable the IOMMU on a host that runs without one: for this architecture, hypervisor, CPU, firmware and
 * command line.
 */
export function iommuAdvice(state: IommuState): string {
  const { firmwareTables } = state;
  if (isUnderXen(state)) return XEN_ADVICE;
  const off = switchedOffBy(state);
  if (off !== undefined) return `remove ${off} from the kernel command line, and reboot`;
  const tables = knownValue(firmwareTables);
  const architecture = knownValue(state.architecture);
  const hypervisor = knownValue(state.hypervisor);
  // Every Arm machine with ACPI has an IORT, even one without an SMMU.
  if (hypervisor !== undefined && (tables ?? []).every((table) => table === 'IORT')) {
    return virtualIommuAdvice(hypervisor, architecture);
  }
  if (architecture !== undefined && architecture !== 'x86') {
    return architectureAdvice(architecture, firmwareTables === null ? null : tables);
  }
  return x86Advice(state, tables);
}

function x86Advice(state: IommuState, tables: readonly string[] | undefined): string {
  const maker = knownValue(state.cpuMaker);
  const inFirmware = `enable ${SWITCHES[maker ?? ''] ?? 'VT-d (Intel) or AMD-Vi (AMD)'} in the firmware setup`;
  const onIntel = 'add intel_iommu=on to the kernel command line';
  const on = switchedOnBy(state);
  const messages = 'see the kernel messages, dmesg | grep -e DMAR -e IOMMU';
  if (tables === undefined) {
    if (maker === 'AMD') return inFirmware;
    if (on !== undefined) return `${inFirmware}; ${on} is on the kernel command line already`;
    return `${inFirmware}, and${maker === 'Intel' ? '' : ', on Intel,'} ${onIntel}`;
  }
  if (tables.length === 0) return inFirmware;
  if (!tables.includes('DMAR')) {
    return `the kernel has no active driver for it (${tables.join(', ')} table): see its messages, dmesg | grep -i iommu`;
  }
  if (on === undefined) return onIntel;
  return `${on} is on the kernel command line already: ${messages}; the kernel needs CONFIG_INTEL_IOMMU`;
}
