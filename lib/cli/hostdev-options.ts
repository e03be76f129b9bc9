import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { absolutePath, existingFile } from '../host/file/files.ts';
import type { RomWish } from '../libvirt/hostdev/rom-policy.ts';
import type { HostdevOptions } from '../libvirt/hostdev/to-hostdev.ts';
import { parseStationMac } from '../pci/sriov/mac-address.ts';
import { badValue } from '../plan/sriov/vf-setting-texts.ts';
import { isGiven, optionNamed } from './grammar/command.ts';
import type { ReadingValues } from './reading-options.ts';
import type { HostdevValues } from './tables/hostdev-options.ts';

/** What says how devices are handed over, as far as a command takes it. */
type HostdevChoice = Partial<HostdevValues> & Partial<Pick<ReadingValues, 'host'>>;

const MAC_PROBLEMS = {
  form: 'the MAC of one station: 02:00:00:00:00:03',
  multicast: 'the MAC of one station: the first byte of this one is odd, which means many',
  zero: 'a MAC that is not zero: 02:00:00:00:00:03',
} as const;

/** What is said of one device, and of no two of them. */
const OF_ONE = ['mac', 'bootOrder', 'teaming'] as const;

/**
 * How the arguments want devices handed over.
 *
 * @param category of the machines that they are for; `null` where that is not known
 * @throws PortalGunError BAD_ARGUMENT
 */
export function hostdevOptionsOf(args: HostdevChoice, category: string | null = null): HostdevOptions {
  const as = args.as;
  return {
    as: as === 'hostdev' || as === 'interface' ? as : null,
    rom: romOf(args),
    category,
    isManaged: managedOf(args),
    mac: given(args.mac, macOf),
    vlan: given(args.vlan, (text) => numberOf(text, 4094, '--vlan', 'a VLAN from 1 to 4094')),
    bootOrder: given(args.bootOrder, (text) =>
      numberOf(text, 999_999_999, '--boot-order', 'a number from 1'),
    ),
    persistentPeer: given(args.teaming, aliasOf),
  };
}

/**
 * Fails where the arguments say of several devices what can be so of one alone.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function checkOfOne(args: HostdevChoice, { rom }: HostdevOptions, devices: number): void {
  const option = OF_ONE.find((key) => isGiven(args[key])) ?? (typeof rom === 'object' ? 'rom' : undefined);
  if (devices < 2 || option === undefined) return;
  throw new PortalGunError('BAD_ARGUMENT', `is for one device, and ${devices} are meant`, {
    subject: optionNamed(option),
    hint: 'name one',
  });
}

/** `null` for `auto`. */
function managedOf(args: HostdevChoice): boolean | null {
  const text = args.managed ?? 'auto';
  return text === 'auto' ? null : text === 'yes';
}

function given<T>(text: string | undefined, parse: (text: string) => T): T | null {
  return text === undefined ? null : parse(text);
}

function romOf(args: HostdevChoice): RomWish {
  const text = args.rom ?? 'auto';
  if (text === 'auto' || text === 'on' || text === 'off') return text;
  if (escapeControls(text) !== text) throw badValue('--rom', text, 'a path without control characters');
  // Of a captured host there is nothing to look at here.
  return { file: args.host === undefined ? existingFile(text, '--rom') : absolutePath(text) };
}

function macOf(text: string): string {
  const read = parseStationMac(text);
  if ('mac' in read) return read.mac;
  throw badValue('--mac', text, MAC_PROBLEMS[read.problem]);
}

function aliasOf(text: string): string {
  if (/^ua-[\w.-]+$/.test(text)) return text;
  throw badValue('--teaming', text, 'the alias of an interface that was given one: ua-uplink');
}

function numberOf(text: string, most: number, subject: string, expected: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw badValue(subject, text, expected);
}
