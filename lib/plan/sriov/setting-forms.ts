import { isOf } from '../../pci/persisted/persisted-device.ts';
import { VF_LINK_STATES, VF_SETTINGS } from '../../pci/sriov/vf-settings.ts';
import { isParts, isWhole } from '../change-parts.ts';

// One station, and not nothing.
const MAC = /^(?!00:00:00:00:00:00)[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/;

type Wish = (typeof VF_SETTINGS)[number];

const WISHES: Readonly<Record<Wish, (value: unknown) => boolean>> = {
  mac: (value) => value === 'driver' || isOf(value, MAC),
  vlan: (value) =>
    isParts(value) &&
    isWhole(value['id'], 4094) &&
    isWhole(value['qos'], 7) &&
    isOf(value['protocol'], /^802\.1(Q|ad)$/),
  trust: (value) => typeof value === 'boolean',
  spoofCheck: (value) => typeof value === 'boolean',
  linkState: (value) => VF_LINK_STATES.some((each) => each === value),
  rate: (value) => isParts(value) && isWhole(value['min'], 0xffffffff) && isWhole(value['max'], 0xffffffff),
};

/** Whether a value is what one VF shall be held to, each in its form. */
export function areWishes(value: unknown): boolean {
  return areSettings(value, WISHES.mac);
}

/** Whether a value is settings of one VF, each in its form. */
export function areSettings(value: unknown, isMac: (mac: unknown) => boolean): boolean {
  if (!isParts(value)) return false;
  return Object.entries(value).every(([key, each]) =>
    VF_SETTINGS.some((known) => known === key && (known === 'mac' ? isMac(each) : WISHES[known](each))),
  );
}
