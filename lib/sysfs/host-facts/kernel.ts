import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { kernelOptionsPaths, LOCKDOWN_PATH, MACHINE_PATHS, PROC_PATHS } from '../paths.ts';
import { alwaysThere, firstReading } from './present-files.ts';

/** The options that are read. */
const OPTIONS = ['CGROUP_BPF', 'VFIO_PCI', 'PCI_IOV', 'INTEL_IOMMU', 'AMD_IOMMU', 'IRQ_REMAP'];
// A UEFI variable: four bytes of attributes, and its value.
const VALUE_OFFSET = 4;

/** The kernel command line, build options (`CONFIG_CGROUP_BPF=y`), and the lockdown state. */
export function readKernel(host: HostReader): HostFacts['kernel'] {
  return {
    arguments: mapKnown(alwaysThere(host.readText(PROC_PATHS.commandLine)), (text) =>
      text.trim().split(/\s+/),
    ),
    options: readOptions(host),
    lockdown: mapKnown(
      knownOf(host.readText(LOCKDOWN_PATH)),
      (text) => /\[(\w{1,32})\]/.exec(text)?.[1] ?? BROKEN,
    ),
  };
}

function readOptions(host: HostReader): HostFacts['kernel']['options'] {
  const release = readRelease(host);
  if (typeof release !== 'string') return release;
  const prefixes = OPTIONS.map((name) => `CONFIG_${name}=`);
  const lines = firstReading(kernelOptionsPaths(release), (path) => host.readLines(path, prefixes));
  return mapKnown(
    knownOf(lines),
    (found) =>
      new Map(
        found.map((line) => line.replace('CONFIG_', '').split('=', 2) as [name: string, value: string]),
      ),
  );
}

/** The release of the running kernel; `null` if it cannot be part of a path. */
export function readRelease(host: HostReader): Known<string> {
  return mapKnown(alwaysThere(host.readText(PROC_PATHS.kernelRelease)), (text) =>
    /^[\w.+~-]+$/.test(text.trim()) ? text.trim() : null,
  );
}

/**
 * Whether the firmware starts only signed code, by its variable `SecureBoot`: four bytes of attributes and a 1.
 * `null` without UEFI.
 */
export function readSecureBoot(host: HostReader): Known<boolean> {
  const bytes = host.readBytes(MACHINE_PATHS.secureBoot);
  if (bytes === null || isFailure(bytes)) return knownOf<never>(bytes);
  const value = bytes[VALUE_OFFSET];
  return value === undefined ? BROKEN : value === 1;
}
