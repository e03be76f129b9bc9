import { checkGuard } from '../../apply/check-guard.ts';
import { findRomSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { ROM_RULES } from '../../checks/safety/rom-rules.ts';
import { ROM_SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { RomFailure } from '../../host/rom-reader.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { MAX_ROM_BYTES } from '../../pci/rom/option-rom.ts';
import type { RomDevice } from '../../pci/rom/option-rom-verdicts.ts';
import { guardOf } from '../../plan/guard.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { whyRomIsSilent } from '../../sysfs/device/rom-silence.ts';
import { busEntryPath } from '../../sysfs/paths.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { refuseUnfinished } from '../change/apply-proposal.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';

/** The facts of devices for reading and checking their ROMs. */
export const ROM_FIELDS: readonly DeviceField[] = [
  ...ROM_SAFETY_FIELDS,
  'vendor',
  'device',
  'subsystem',
  'bootVga',
];

/** The name for `--allow` to write a ROM that is damaged, or for another device. */
export const BAD_ROM = { name: 'bad-rom', severity: 'refuses' } as const;

/** The result of trying to read a ROM. */
export type RomAttempt =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusals: readonly Finding[] }
  | { readonly kind: 'failed'; readonly failure: RomFailure; readonly why: string | null };

/**
 * The accepted names for reading and writing a ROM.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function romAllowedOf(allow: readonly string[], writes: boolean): ReadonlySet<string> {
  return allowedOf(allow, writes ? [...ROM_RULES, BAD_ROM] : ROM_RULES);
}

/** @throws PortalGunError BAD_ARGUMENT for a captured host, which does not contain ROMs */
export function refuseCapturedRom({ isCaptured }: HostSession): void {
  if (!isCaptured) return;
  throw new PortalGunError('BAD_ARGUMENT', 'a snapshot does not contain the ROMs', {
    subject: '--host',
    hint: 'run it on the host itself; or inspect a ROM file that was dumped there: pci rom inspect FILE',
  });
}

/** The facts of a device that its ROM is checked against. */
export function romDeviceOf({ vendor, device, class: deviceClass }: PciDevice): RomDevice {
  return {
    vendorId: knownValue(vendor)?.id ?? null,
    deviceId: knownValue(device)?.id ?? null,
    classCode: knownValue(deviceClass)?.code ?? null,
  };
}

/** Options for reading ROMs. */
export interface RomReadingOptions {
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
  /** If it is aborted, the current ROM is disabled again, and no other is read. */
  readonly signal?: { readonly aborted: boolean };
}

/**
 * Reads ROMs of this machine while it holds the lock, so that no change runs at the same time.
 *
 * @param allowed the accepted findings
 * @throws PortalGunError PERMISSION_DENIED, HOST_LOCKED, RECOVERY_NEEDED, TOOL_MISSING, JOURNAL_FAILED, and the
 * errors of `use`
 */
export async function readingRoms<T>(
  { ports }: HostSession,
  allowed: ReadonlySet<string>,
  signal: RomReadingOptions['signal'],
  use: (read: (device: PciDevice) => Promise<RomAttempt>) => Promise<T>,
): Promise<T> {
  demandRoot(ports, 'run it with sudo: reading a ROM enables it in the device');
  const { reader } = ports;
  const [roms, files] = await Promise.all([ports.openRoms(MAX_ROM_BYTES), ports.openFiles()]);
  const isInterrupted = (): boolean => signal?.aborted === true;
  const release = await ports.lock();
  try {
    await refuseUnfinished({ files, reader });
    return await use(async (device) => {
      if (isInterrupted()) return failed('blocked', 'EINTR', null);
      const { address } = device;
      const problem = checkGuard(reader, guardOf(device));
      if (problem !== null) return failed('enable', 'ENODEV', problem.message);
      // A program may have started to use the device since the request.
      const { devices } = readInventory(reader, NO_NAMES, ROM_FIELDS);
      const refusals = refusalsAmong(findRomSafety(reader, devices, address), allowed);
      if (refusals.length > 0) return { kind: 'refused', refusals };
      const reading = await roms.readRom(busEntryPath(address));
      if (!('failed' in reading)) {
        return isInterrupted() ? failed('blocked', 'EINTR', null) : { kind: 'read', bytes: reading };
      }
      const isSilent = reading.at === 'read' && reading.failed === 'EIO';
      const why = isSilent ? whyRomIsSilent(reader, address) : null;
      return failed(reading.at, reading.failed, why);
    });
  } finally {
    release();
  }
}

function failed(at: RomFailure['at'], code: string, why: string | null): RomAttempt {
  return { kind: 'failed', failure: { at, failed: code }, why };
}

/** Why a ROM could not be read, as a clause about it. */
export function failureText({ at, failed: code }: RomFailure, isShadow: boolean): string {
  switch (at) {
    case 'wake':
      return `the device cannot be woken: ${code}`;
    case 'enable':
      return code === 'ENOENT' ? 'the kernel has no rom file for it' : `it cannot be enabled: ${code}`;
    case 'read':
      if (code !== 'EIO') return `the kernel reports ${code}`;
      return isShadow
        ? 'no copy at 0xc0000, as on a host that boots with UEFI (EIO)'
        : 'the device does not answer with a valid ROM (EIO)';
    case 'differs':
      return 'two reads differ: something else uses it';
    case 'disable':
      return `it was read, but cannot be disabled again: ${code}`;
    case 'blocked':
      return code === 'EINTR' ? 'interrupted' : `the read does not return from the kernel (${code})`;
  }
}
