import type { PciAddress } from '../../../pci/address.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isAddress, isBoolean } from '../../change-parts.ts';

/** The network interface of a function is set up or down. */
export interface LinkChange {
  readonly kind: 'link';
  readonly address: PciAddress;
  /** Whether it is up. */
  readonly from: boolean;
  readonly to: boolean;
}

export const linkKind = {
  hasForm: ({ address, from, to }) => isAddress(address) && isBoolean(from) && isBoolean(to),
  /** `about` is the name of the interface. */
  words: ({ address, to }, about) => `${address}: set ${about} ${to ? 'up' : 'down'}`,
  script: {
    parts: () => ['vfs'],
    checks: ({ address, to }) => (to ? [] : [`unused ${address} disks open`]),
    lines: ({ address, to }) => [`ip link set dev "$(net ${address})" ${to ? 'up' : 'down'}`],
  },
  madeBy: 'this-machine',
  functions: ({ address }) => [address],
  removesFunctions: false,
  safety: ({ address, ...change }, direction) =>
    change[direction] ? { asks: 'nothing' } : { asks: 'losing', functions: [address] },
  loads: () => null,
  touches: ({ address }) => [address],
  endsWithBoot: () => true,
  unlessUndone: 'stuck',
} satisfies ChangeKind<LinkChange>;
