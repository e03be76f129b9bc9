import { isUnknown, type Known, UNREAD } from '../../../base/known.ts';
import type { KernelWork } from '../../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../../pci/address.ts';
import { driverPath, lastName, modulePath, SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { readAttribute, readClass } from '../known-reading.ts';

/**
 * The work of functions for the kernel itself: copying, computing, or serving another host. Each part may be absent.
 */
export function readKernelWork(host: HostReader): Known<readonly KernelWork[]> {
  const found: KernelWork[] = [];
  for (const read of [readChannels, readWorkQueues, readExportedUsb, readAlgorithms]) {
    const part = read(host);
    if (isUnknown(part)) return part;
    found.push(...(part ?? []));
  }
  return found;
}

/** The DMA channels that the kernel uses: `/sys/class/dma/dma0chan0/in_use` is not 0. */
function readChannels(host: HostReader): Known<readonly KernelWork[]> {
  return readMembers(host, SYS_PATHS.dmaClass, /^dma\d+chan\d+$/, 'dma', 'in_use', isCount);
}

/** The work queues of DSA and IAA that are in use, by programs or the kernel: `clients` is not 0. */
function readWorkQueues(host: HostReader): Known<readonly KernelWork[]> {
  return readMembers(host, SYS_PATHS.workQueues, /^wq\d+\.\d+$/, 'work queue', 'clients', isCount);
}

/** USB devices that another host uses: `usbip_status` of an exported device is 2, SDEV_ST_USED. */
function readExportedUsb(host: HostReader): Known<readonly KernelWork[]> {
  return readMembers(
    host,
    SYS_PATHS.usbipDriver,
    /^\d+-[\d.]+$/,
    'usbip',
    'usbip_status',
    (text) => text === '2',
  );
}

function isCount(text: string): boolean {
  return text !== '0';
}

function readMembers(
  host: HostReader,
  path: string,
  names: RegExp,
  kind: KernelWork['kind'],
  attribute: string,
  isInUse: (text: string) => boolean,
): Known<readonly KernelWork[]> {
  const members = readClass(host, path);
  if (members === null || isUnknown(members)) return members;
  const found: KernelWork[] = [];
  for (const { name, directory, function: on } of members) {
    if (on === null || !names.test(name)) continue;
    const text = readAttribute(host, `${directory}/${attribute}`);
    if (isUnknown(text)) return text;
    if (text === null || !isInUse(text)) continue;
    found.push({ name, kind, evidence: `${path}/${name}/${attribute} is ${text}`, functions: [on] });
  }
  return found;
}

/**
 * Algorithms in use from a driver of PCI devices, from `/proc/crypto`: blocks of lines such as `driver       :
 * qat_aes_xts`, `module       : intel_qat`, `refcnt       : 3`. An unused one has a count of 1.
 */
function readAlgorithms(host: HostReader): Known<readonly KernelWork[]> {
  const table = knownOf(host.readTable(USE_PATHS.algorithms));
  if (table === null || isUnknown(table)) return table;
  const used = new Map<string, string[]>();
  for (const block of table.split('\n\n')) {
    const of = (name: string) => new RegExp(`^${name} *: (.*)$`, 'm').exec(block)?.[1] ?? '';
    const module = of('module');
    const driver = of('driver');
    // An algorithm from a template, `authenc(hmac(sha1-ni),…)`, has the module of the template.
    if (module === '' || module === 'kernel' || driver.includes('(') || Number(of('refcnt')) < 2) continue;
    used.set(module, [...(used.get(module) ?? []), driver]);
  }
  return used.size === 0 ? [] : workOfModules(host, used);
}

function workOfModules(
  host: HostReader,
  used: ReadonlyMap<string, readonly string[]>,
): Known<readonly KernelWork[]> {
  const drivers = knownOf(host.list(SYS_PATHS.pciDrivers));
  if (drivers === null) return UNREAD;
  if (isUnknown(drivers)) return drivers;
  const functions = new Map<string, PciAddress[]>();
  for (const driver of drivers) {
    const link = knownOf(host.readLink(`${driverPath(driver)}/module`));
    if (isUnknown(link)) return link;
    if (link === null) continue;
    const modules = [...used.keys()].filter((each) => isOfModule(host, each, lastName(link)));
    if (modules.length === 0) continue;
    const names = knownOf(host.list(driverPath(driver)));
    if (isUnknown(names)) return names;
    const own = (names ?? []).filter(isPciAddress);
    for (const module of modules) functions.set(module, [...(functions.get(module) ?? []), ...own]);
  }
  return [...functions].flatMap(([module, on]) => {
    const names = (used.get(module) ?? []).join(', ');
    const evidence = `${USE_PATHS.algorithms}: ${names} of ${module} in use`;
    return on.length === 0 ? [] : [{ name: module, kind: 'algorithms', evidence, functions: on } as const];
  });
}

/** Whether the module of an algorithm is that of the driver, is used by it, or uses it: `intel_qat` of `qat_4xxx`. */
function isOfModule(host: HostReader, module: string, driver: string): boolean {
  return (
    module === driver ||
    host.exists(`${modulePath(module)}/holders/${driver}`) ||
    host.exists(`${modulePath(driver)}/holders/${module}`)
  );
}
