import { isUnknown, type Known } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { isPciAddress } from '../../pci/address.ts';
import type { DriverClaim } from '../../pci/driver-claim.ts';
import { readModprobeLines } from '../host-facts/modprobe-lines.ts';
import { DRIVERCTL_PATH, PROC_PATHS } from '../paths.ts';

const MOST_FILES = 4096;
const BY_IDS = /^(vfio[-_]pci|pci[-_]stub|xen[-_]pciback)\.(ids|hide)=(.+)$/;
const OPTION_PREFIXES = ['vfio-pci', 'vfio_pci', 'pci-stub', 'pci_stub'].flatMap((name) => [
  `options ${name} `,
  `options ${name}\t`,
]);

/**
 * The settings by which drivers claim devices at each boot: `vfio-pci.ids=10de:1b80,10de:10f0` on the kernel command
 * line, `options vfio-pci ids=10de:1b80` in modprobe.d(5), `xen-pciback.hide=(01:00.0)`, and the overrides of
 * driverctl(8), files such as `/etc/driverctl.d/pci-0000:01:00.0` that contain the name of a driver.
 */
export function readDriverClaims(host: HostReader): Known<readonly DriverClaim[]> {
  const commandLine = knownOf(host.readText(PROC_PATHS.commandLine));
  if (isUnknown(commandLine)) return commandLine;
  const lines = readModprobeLines(host, OPTION_PREFIXES);
  if (isUnknown(lines)) return lines;
  const overrides = readOverrides(host);
  if (isUnknown(overrides)) return overrides;
  return [
    ...(commandLine ?? '')
      .trim()
      .split(/\s+/)
      .flatMap((word) => claimsOf(word, `kernel command line: ${word}`)),
    ...(lines ?? []).flatMap(({ line, path }) => {
      const [, module = '', ...options] = line.trim().split(/\s+/);
      return options.flatMap((option) => claimsOf(`${module}.${option}`, `${path}: ${line.trim()}`));
    }),
    ...(overrides ?? []),
  ];
}

function claimsOf(word: string, where: string): readonly DriverClaim[] {
  const [, module = '', option = '', value = ''] = BY_IDS.exec(word) ?? [];
  const driver = module.replace('_', '-');
  if (option === 'ids') return [{ where, driver, address: null, ids: idsIn(value) }];
  return [...value.matchAll(/\(([^()]+)\)/g)].flatMap(([, text = '']) => {
    const address = /^[0-9a-f]{4,8}:/i.test(text) && text.split(':').length === 3 ? text : `0000:${text}`;
    const canonical = address.toLowerCase();
    return isPciAddress(canonical) ? [{ where, driver: 'pciback', address: canonical, ids: [] }] : [];
  });
}

function idsIn(value: string): readonly string[] {
  return value
    .replaceAll('"', '')
    .split(',')
    .filter((id) => id !== '');
}

function readOverrides(host: HostReader): Known<readonly DriverClaim[]> {
  const names = host.list(DRIVERCTL_PATH);
  if (names === null || isFailure(names)) return knownOf<never>(names);
  const claims: DriverClaim[] = [];
  for (const name of names.slice(0, MOST_FILES)) {
    const address = name.replace(/^pci-/, '');
    if (!name.startsWith('pci-') || !isPciAddress(address)) continue;
    const path = `${DRIVERCTL_PATH}/${name}`;
    const driver = knownOf(host.readText(path));
    if (isUnknown(driver)) return driver;
    if (driver !== null) claims.push({ where: path, driver: driver.trim(), address, ids: [] });
  }
  return claims;
}
