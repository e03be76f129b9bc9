import { quote } from '../../../base/shell-command.ts';
import { count } from '../../../base/text.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { busEntryPath } from '../../../sysfs/paths.ts';
import type { ChangeKind, OtherForms } from '../../change-kind.ts';
import {
  isAddress,
  isBoolean,
  isDriverState,
  isListOf,
  isNullOr,
  isParts,
  isWhole,
  MAX_VFS,
} from '../../change-parts.ts';
import { DEFAULT_DRIVER, type VfsState } from '../../change-states.ts';
import { settingArguments } from '../../sriov/setting-arguments.ts';
import { moveLine } from '../shell-lines.ts';

/**
 * The VFs of a PF change: their number, and their settings. It is one change, because the kernel removes all VFs
 * before it creates another number of them, and their settings are lost with them.
 */
export interface VfsChange {
  readonly kind: 'vfs';
  /** The PF. */
  readonly address: PciAddress;
  readonly from: VfsState;
  readonly to: VfsState;
}

export const vfsKind = {
  hasForm: ({ address, from, to }, other) =>
    isAddress(address) && isVfsState(from, other) && isVfsState(to, other),
  words({ address, from, to }) {
    const isNew = from.count !== to.count;
    const through = from.count > 0 && to.count > 0 ? ', through 0' : '';
    const set = to.vfs.filter(({ settings }) => Object.keys(settings).length > 0).map(({ index }) => index);
    const parts = [
      ...(isNew ? [`from ${count(from.count, 'VF')} to ${to.count}${through}`] : []),
      ...(set.length === 0
        ? []
        : [isNew ? 'configure each' : `configure ${set.map((index) => `VF ${index}`).join(', ')}`]),
      ...(from.autoprobe === to.autoprobe ? [] : [`autoprobe ${to.autoprobe === true ? 'on' : 'off'}`]),
    ];
    return `${address}: ${parts.join('; ')}`;
  },
  script: {
    parts: () => ['vf-checks', 'vfs'],
    checks: ({ address, from, to }, except) =>
      from.count === to.count ? [] : [`take_vfs ${address} ${to.count}${except}`],
    lines: scriptLines,
  },
  madeBy: 'this-machine',
  functions: ({ address }) => [address],
  removesFunctions: true,
  safety({ address, ...change }, direction) {
    const { count, vfs } = change[direction];
    const drivers = vfs.map(({ index, driver }) => ({ index, driver }));
    return { asks: 'vfs', pf: address, count, drivers, moving: direction === 'to' ? 'taking' : 'losing' };
  },
  loads: () => null,
  touches: ({ address }) => [address],
  endsWithBoot: () => true,
  unlessUndone: 'stuck',
} satisfies ChangeKind<VfsChange>;

function isVfsState(value: unknown, { areSettings }: OtherForms): boolean {
  if (!isParts(value)) return false;
  const { count, autoprobe, vfs } = value;
  return (
    isWhole(count, MAX_VFS) &&
    isNullOr(autoprobe, isBoolean) &&
    isListOf(
      vfs,
      (vf) =>
        isParts(vf) &&
        isWhole(vf['index'], MAX_VFS) &&
        areSettings(vf['settings'], isMac) &&
        isDriverState(vf['driver']),
    )
  );
}

/** Includes the zero MAC, which a VF has before one is set. */
function isMac(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(value);
}

function scriptLines({ address, to: { count, autoprobe, vfs } }: VfsChange): readonly string[] {
  const [goal, meanwhile] = autoprobe === null ? ["''", "''"] : [autoprobe ? '1' : '0', '0'];
  return [
    `vfs ${address} ${count} ${vfs.length > 0 ? meanwhile : goal}`,
    ...vfs.flatMap(({ index, settings }) => {
      const words = settingArguments(settings).map(quote);
      return words.length === 0 ? [] : [`ip link set dev "$(net ${address})" vf ${index} ${words.join(' ')}`];
    }),
    ...(autoprobe === null ? [] : [`echo ${goal} > ${busEntryPath(address)}/sriov_drivers_autoprobe`]),
    ...vfs
      .filter(({ driver }) => driver.driver !== DEFAULT_DRIVER || autoprobe !== false)
      .map(({ index, driver }) => {
        const at = `"$(vf ${address} ${index})"`;
        return driver.driver === DEFAULT_DRIVER ? `probe ${at}` : moveLine(at, driver);
      }),
  ];
}
