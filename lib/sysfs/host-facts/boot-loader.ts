import { isUnknown, type Known, knownValue, mapKnown } from '../../base/known.ts';
import type { BootLoader } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { BOOT_LOADER_PATHS, PROC_PATHS } from '../paths.ts';
import { readPresentAmong } from './present-files.ts';

/** The loop of Debian's grub-mkconfig through the settings folder: a patch of Debian that GRUB itself does not have. */
const LOOP = 'for x in ';
const SETTINGS = '/default/grub.d/*.cfg';
/** GRUB's command `linux` puts it before all other arguments: BOOT_IMAGE=/boot/vmlinuz-6.12.9-amd64. */
const STARTED_BY_GRUB = /^BOOT_IMAGE=/;
/** Four bytes of attributes before the text in UTF-16. */
const VALUE_OFFSET = 4;

/**
 * The boot loader that sets the kernel command line. Certain signs come first: a system of ostree, EFI partitions of
 * Proxmox, the name of the boot loader in the variable `LoaderInfo` (`systemd-boot 252.39-1`), Fedora's grubby. For
 * GRUB of Debian, all its parts must exist, and it must have started this kernel.
 */
export function readBootLoader(host: HostReader): Known<BootLoader> {
  const signs: readonly (readonly [BootLoader, Known<boolean>])[] = [
    ['rpm-ostree', isAnyThere(host, [BOOT_LOADER_PATHS.ostree])],
    ['proxmox-boot-tool', isAnyThere(host, [BOOT_LOADER_PATHS.proxmox])],
    ['systemd-boot', readIsSystemdBoot(host)],
    ['grubby', isAnyThere(host, BOOT_LOADER_PATHS.grubby)],
    ['update-grub', readIsDebianGrub(host)],
  ];
  for (const [loader, sign] of signs) {
    // If a sign is unknown, the next one must not be used.
    if (isUnknown(sign)) return sign;
    if (sign === true) return loader;
  }
  return 'other';
}

function isAnyThere(host: HostReader, paths: readonly string[]): Known<boolean> {
  return mapKnown(readPresentAmong(host, paths), (there) => there.length > 0);
}

function readIsSystemdBoot(host: HostReader): Known<boolean> {
  const bytes = knownOf(host.readBytes(BOOT_LOADER_PATHS.loaderInfo));
  return mapKnown(bytes, (value) =>
    Buffer.from(value.subarray(VALUE_OFFSET)).toString('utf16le').startsWith('systemd-boot'),
  );
}

function readIsDebianGrub(host: HostReader): Known<boolean> {
  const { grubSettings, grubConfiguration, updateGrub, makeGrubConfiguration } = BOOT_LOADER_PATHS;
  for (const path of [grubSettings, grubConfiguration, updateGrub]) {
    const status = host.status(path);
    if (status === null || isFailure(status)) return knownOf<never>(status);
  }
  const lines = host.readLines(makeGrubConfiguration, [LOOP]);
  if (lines === null || isFailure(lines)) return knownOf<never>(lines);
  const commandLine = knownOf(host.readText(PROC_PATHS.commandLine));
  if (isUnknown(commandLine)) return commandLine;
  const words = knownValue(commandLine)?.split(/\s+/) ?? [];
  return lines.some((line) => line.includes(SETTINGS)) && words.some((word) => STARTED_BY_GRUB.test(word));
}
