import { BROKEN, DENIED, isUnknown, type Known, mapKnown } from '../../../base/known.ts';
import type { DisplayClaim, HostThing } from '../../../facts/host-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { PROC_PATHS, SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { knownAlways, readAttribute, readClass } from '../known-reading.ts';

const RANGES = [...'0123456789abcdef '];
const LINE = /^ *([0-9a-f]{1,16})-([0-9a-f]{1,16}) : (.*)$/;
/** The names of boot display drivers for their memory. */
export const BOOT_DISPLAY_OWNER =
  /^(efifb|vesafb|simplefb|simple-framebuffer|simpledrm|efidrm|vesadrm|ofdrm|BOOTFB|vga16fb|offb)\b/;

/**
 * The memory of boot display drivers, from `/proc/iomem`: `    e0000000-e02fffff : efifb`. For users other than root,
 * every address in it is 0: DENIED.
 */
export function readDisplayClaims(host: HostReader): Known<readonly DisplayClaim[]> {
  return mapKnown(knownAlways(host.readLines(USE_PATHS.memory, RANGES)), (lines) => {
    const ranges = lines.map((line) => LINE.exec(line));
    if (!ranges.every((range) => range !== null)) return BROKEN;
    const isHidden = ranges.every(([, start = '', end = '']) => /^0+$/.test(start) && /^0+$/.test(end));
    if (ranges.length > 0 && isHidden) return DENIED;
    return ranges
      .map(([, start = '', end = '', owner = '']) => ({ start: `0x${start}`, end: `0x${end}`, owner }))
      .filter(({ owner }) => BOOT_DISPLAY_OWNER.test(owner));
  });
}

/** The framebuffers of `/sys/class/graphics`; `null` without any. */
export function readFramebuffers(host: HostReader): Known<readonly HostThing[]> {
  return mapKnown(readClass(host, SYS_PATHS.graphicsClass), (members) =>
    members
      .filter(({ name }) => /^fb\d+$/.test(name))
      .map((member) => ({ name: member.name, function: member.function })),
  );
}

/**
 * Whether the text console is on a framebuffer: `/sys/class/vtconsole/vtcon1/name` is `(M) frame buffer device` and
 * `bind` is 1. `null` if the kernel has no text console.
 */
export function readFramebufferConsole(host: HostReader): Known<boolean> {
  const members = readClass(host, SYS_PATHS.consoleClass);
  if (members === null || isUnknown(members)) return members;
  let unknown: Known<boolean> = false;
  for (const { directory } of members) {
    const name = readAttribute(host, `${directory}/name`);
    const bind = readAttribute(host, `${directory}/bind`);
    if (isUnknown(name)) unknown = name;
    else if (/frame buffer/.test(name ?? '')) {
      if (bind === '1') return true;
      if (isUnknown(bind)) unknown = bind;
    }
  }
  return unknown;
}

/** The console map of framebuffers on the kernel command line: `fbcon=map:1`. */
export function readFramebufferMap(host: HostReader): Known<string> {
  return mapKnown(readAttribute(host, PROC_PATHS.commandLine), (text) => {
    const words = text.split(/\s+/).filter((word) => word.startsWith('fbcon='));
    return words.at(-1)?.slice('fbcon='.length) ?? null;
  });
}

/** The TPMs of `/sys/class/tpm`; `null` if the kernel has none. */
export function readTpms(host: HostReader): Known<readonly HostThing[]> {
  return mapKnown(readClass(host, SYS_PATHS.tpmClass), (members) =>
    members.map((member) => ({ name: member.name, function: member.function })),
  );
}
