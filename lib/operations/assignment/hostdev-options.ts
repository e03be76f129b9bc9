import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { absolutePath, existingFile } from '../../host/file/files.ts';
import type { RomWish } from '../../libvirt/hostdev/rom-policy.ts';
import type { HostdevOptions } from '../../libvirt/hostdev/to-hostdev.ts';
import { parseStationMac } from '../../pci/sriov/mac-address.ts';
import { badValue } from '../../plan/sriov/vf-setting-texts.ts';
import type { HostSession } from '../session/host-session.ts';

/** The options for passing devices to VMs; numbers can be texts, as on a command line. */
export interface HostdevChoice {
  /** The element; by default `interface` for a VF of a network card, and `hostdev` for all others. */
  readonly as?: 'hostdev' | 'interface' | undefined;
  /** Whether the guest sees the option ROM: `auto` (the default), `on`, `off`, or the path of a file with a ROM. */
  readonly rom?: string | undefined;
  /** Whether libvirt changes the driver of the device; `auto` by default: not if it is on its own VFIO driver. */
  readonly managed?: 'auto' | 'yes' | 'no' | undefined;
  /** The MAC of an interface. */
  readonly mac?: string | undefined;
  /** The VLAN of an interface, 1 to 4094. */
  readonly vlan?: number | string | undefined;
  /** The position in the boot order of the firmware, from 1. */
  readonly bootOrder?: number | string | undefined;
  /** The alias of the interface that replaces it while the VM migrates. */
  readonly teaming?: string | undefined;
}

const MAC_PROBLEMS = {
  form: 'a unicast MAC address: 02:00:00:00:00:03',
  multicast: 'a unicast MAC address; the first byte of this one is odd, which means multicast',
  zero: 'a MAC address that is not zero: 02:00:00:00:00:03',
} as const;

/** The options for only one device. */
const OF_ONE = [
  ['mac', '--mac'],
  ['bootOrder', '--boot-order'],
  ['teaming', '--teaming'],
] as const;

/**
 * The hostdev options for a choice.
 *
 * @param session whether the files of this machine are those of the host
 * @param category of the VMs that get them; `null` if unknown
 * @throws PortalGunError BAD_ARGUMENT; NOT_FOUND, PERMISSION_DENIED for the file of a ROM
 */
export function hostdevOptionsOf(
  session: Pick<HostSession, 'isCaptured'>,
  choice: HostdevChoice,
  category: string | null = null,
): HostdevOptions {
  return {
    as: choice.as ?? null,
    rom: romOf(session, choice.rom ?? 'auto'),
    category,
    isManaged: choice.managed === undefined || choice.managed === 'auto' ? null : choice.managed === 'yes',
    mac: given(choice.mac, macOf),
    vlan: given(choice.vlan, (value) => numberOf(value, 4094, '--vlan', 'a VLAN from 1 to 4094')),
    bootOrder: given(choice.bootOrder, (value) =>
      numberOf(value, 999_999_999, '--boot-order', 'a number from 1'),
    ),
    persistentPeer: given(choice.teaming, aliasOf),
  };
}

/**
 * Refuses options for only one device if there are several.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function checkOfOne(choice: HostdevChoice, { rom }: HostdevOptions, devices: number): void {
  const [, option] = OF_ONE.find(([key]) => choice[key] !== undefined) ?? [
    null,
    typeof rom === 'object' ? '--rom' : null,
  ];
  if (devices < 2 || option === null) return;
  throw new PortalGunError('BAD_ARGUMENT', `applies to one device, but ${devices} are selected`, {
    subject: option,
    hint: 'select one device',
  });
}

function given<Value, T>(value: Value | undefined, parse: (value: Value) => T): T | null {
  return value === undefined ? null : parse(value);
}

function romOf({ isCaptured }: Pick<HostSession, 'isCaptured'>, text: string): RomWish {
  if (text === 'auto' || text === 'on' || text === 'off') return text;
  if (escapeControls(text) !== text) throw badValue('--rom', text, 'a path without control characters');
  // The files of a captured host are not on this machine.
  return { file: isCaptured ? absolutePath(text) : existingFile(text, '--rom') };
}

function macOf(text: string): string {
  const read = parseStationMac(text);
  if ('mac' in read) return read.mac;
  throw badValue('--mac', text, MAC_PROBLEMS[read.problem]);
}

function aliasOf(text: string): string {
  if (/^ua-[\w.-]+$/.test(text)) return text;
  throw badValue('--teaming', text, 'the alias of an interface of the VM: ua-uplink');
}

function numberOf(value: number | string, most: number, subject: string, expected: string): number {
  const text = String(value);
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw badValue(subject, text, expected);
}
