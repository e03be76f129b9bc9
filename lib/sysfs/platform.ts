import { type Known, knownValue, mapKnown, UNREAD } from '../base/known.ts';
import { type HostReader, knownOf } from '../host/host-reader.ts';
import type { Architecture, Hypervisor } from '../pci/platform.ts';
import { driverPath, PLATFORM_PATHS, PROC_PATHS } from './paths.ts';

/**
 * The names of architectures in the kernel, and at the end of distribution releases: `6.12.9-arm64`,
 * `6.8.5-301.fc40.aarch64`.
 */
const NAMES: readonly (readonly [RegExp, Architecture])[] = [
  [/(^|[-._+])(x86_64|amd64|i[3-6]86)([-._+]|$)/, 'x86'],
  [/(^|[-._+])(aarch64|arm64|armmp|armv[5-8]\w*|rpi)([-._+]|$)/, 'arm'],
  [/(^|[-._+])(ppc64|ppc64le|powerpc64|powerpc64le)([-._+]|$)/, 'power'],
  [/(^|[-._+])s390x?([-._+]|$)/, 's390'],
  [/(^|[-._+])riscv(32|64)?([-._+]|$)/, 'riscv'],
  [/(^|[-._+])loong(arch)?(32|64)([-._+]|$)/, 'loongarch'],
  [/(^|[-._+])mips(64)?(el)?([-._+]|$)/, 'mips'],
  [/(^|[-._+])(sparc(64)?|alpha|parisc(64)?|hppa|ia64|m68k)([-._+]|$)/, 'other'],
];

/** Lines of `/proc/cpuinfo` that only one architecture has. */
const CPU_LINES: readonly (readonly [RegExp, Architecture])[] = [
  [/^vendor_id\s*:\s*IBM\/S390/, 's390'],
  [/^(vendor_id|flags)\s*:/, 'x86'],
  [/^CPU (implementer|architecture)\s*:/, 'arm'],
  [/^(cpu\s*:\s*POWER|platform\s*:\s*(PowerNV|pSeries))/, 'power'],
  [/^(hart|isa\s*:\s*rv)/, 'riscv'],
  [/^(CPU Family\s*:\s*Loongson|Model Name\s*:\s*Loongson|system type\s*:\s*generic-loongson)/i, 'loongarch'],
  [/^(cpu model\s*:\s*(MIPS|ICT Loongson)|MIPS)/, 'mips'],
];
/** The prefixes of lines in `/proc/cpuinfo` that show the platform. */
export const CPU_PREFIXES: readonly string[] = [
  ...['vendor_id', 'flags', 'CPU implementer', 'CPU architecture', 'cpu\t', 'platform', 'model\t'],
  ...['hart', 'isa', 'CPU Family', 'Model Name', 'system type', 'cpu model'],
];
const TABLES: Readonly<Record<string, Architecture>> = {
  DMAR: 'x86',
  IVRS: 'x86',
  XMAR: 'x86',
  IORT: 'arm',
  GTDT: 'arm',
  RIMT: 'riscv',
  RHCT: 'riscv',
};

/**
 * The architecture of a host, by `/proc/sys/kernel/arch` (Linux 6.1 and newer), lines of `/proc/cpuinfo`, firmware
 * tables, and the release of the kernel (`6.12.9-arm64`); `null` if none shows it.
 *
 * @param cpuLines lines of `/proc/cpuinfo` with {@link CPU_PREFIXES}
 * @param tables names of ACPI tables
 */
export function readArchitecture(
  host: HostReader,
  cpuLines: readonly string[],
  tables: readonly string[],
): Known<Architecture> {
  const own = textOf(host, PLATFORM_PATHS.architecture);
  return (
    among(NAMES, own) ??
    cpuLines.map((line) => among(CPU_LINES, line)).find((found) => found !== undefined) ??
    tables.map((name) => TABLES[name]).find((found) => found !== undefined) ??
    among(NAMES, textOf(host, PROC_PATHS.kernelRelease)) ??
    null
  );
}

/**
 * The hypervisor of a host: Xen by `/sys/hypervisor/type` and `/proc/xen/capabilities` (`control_d` in dom0), others
 * by their bus, by the firmware's name of the machine (`/sys/class/dmi/id`), by the device tree, and by the processor
 * flag `hypervisor`. `null` for a physical host.
 *
 * @param cpuLines lines of `/proc/cpuinfo` with {@link CPU_PREFIXES}
 * @param tables names of ACPI tables
 */
export function readHypervisor(
  host: HostReader,
  cpuLines: readonly string[],
  tables: readonly string[],
): Known<Hypervisor> {
  const xen = readXen(host, tables);
  if (xen !== null) return xen;
  if (host.exists(PLATFORM_PATHS.hyperVBus)) return { kind: 'hyper-v', isHost: false };
  const [vendor, product] = [PLATFORM_PATHS.systemVendor, PLATFORM_PATHS.productName].map((path) =>
    textOf(host, path),
  );
  const ofFirmware = machineKind(vendor ?? '', product ?? '') ?? treeKind(host);
  if (ofFirmware !== null) return { kind: ofFirmware, isHost: false };
  const isGuest =
    cpuLines.some((line) => /^flags\s*:.*\bhypervisor\b/.test(line) || /emulated by qemu/i.test(line)) ||
    knownValue(knownOf(host.readLines(PLATFORM_PATHS.systemInfo, ['VM00'])))?.length === 1;
  if (isGuest) return { kind: 'other', isHost: false };
  return cpuLines.length > 0 || vendor !== null ? null : UNREAD;
}

function readXen(host: HostReader, tables: readonly string[]): Hypervisor | null {
  const capabilities = textOf(host, PLATFORM_PATHS.xenCapabilities);
  // Xen in dom0 hides the table of the IOMMU from Linux.
  const isHidden = tables.includes('XMAR');
  const isXen = textOf(host, PLATFORM_PATHS.hypervisor) === 'xen' || capabilities !== null || isHidden;
  if (!isXen) return null;
  const isHost =
    isHidden ||
    capabilities?.includes('control_d') === true ||
    /^[0-]+$/.test(textOf(host, PLATFORM_PATHS.hypervisorUuid) ?? '') ||
    host.exists(driverPath('pciback'));
  return { kind: 'xen', isHost };
}

/** By the firmware's name of the machine. Amazon's bare metal has the same vendor as its VMs. */
function machineKind(vendor: string, product: string): Hypervisor['kind'] | null {
  if (/metal$/.test(product)) return null;
  if (/^Microsoft/.test(vendor)) return product === 'Virtual Machine' ? 'hyper-v' : null;
  if (/^VMware/i.test(vendor) || /^VMware/i.test(product)) return 'vmware';
  if (/^Xen\b/.test(vendor) || /HVM domU/.test(product)) return 'xen';
  if (/^(QEMU|Red Hat|OpenStack|Amazon EC2|Google|Alibaba Cloud|DigitalOcean)/.test(vendor)) return 'kvm';
  if (/\bKVM\b|^Standard PC|OpenStack/.test(product)) return 'kvm';
  return /^(innotek|Parallels)|Apple Virtualization|bhyve|VirtualBox/i.test(`${vendor} ${product}`)
    ? 'other'
    : null;
}

function treeKind(host: HostReader): Hypervisor['kind'] | null {
  const compatible = [
    `${PLATFORM_PATHS.deviceTree}/hypervisor/compatible`,
    `${PLATFORM_PATHS.deviceTree}/compatible`,
  ]
    .map((path) => textOf(host, path) ?? '')
    .join('\0');
  if (/xen,xen/.test(compatible)) return 'xen';
  return /linux,(kvm|dummy-virt)|qemu,pseries/.test(compatible) ? 'kvm' : null;
}

function textOf(host: HostReader, path: string): string | null {
  return knownValue(mapKnown(knownOf(host.readText(path)), (text) => text.trim())) ?? null;
}

function among(
  table: readonly (readonly [RegExp, Architecture])[],
  text: string | null,
): Architecture | undefined {
  return text === null ? undefined : table.find(([pattern]) => pattern.test(text))?.[1];
}
