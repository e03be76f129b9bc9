import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isBoolean, isNullOr, isParts, isUri } from '../../change-parts.ts';

const MAX_LENGTH = 64 * 1024;

/** A network of libvirt. */
export interface NetworkState {
  readonly xml: string;
  readonly active: boolean;
  readonly autostart: boolean;
}

/** A network of libvirt is created and started, or stopped and removed. */
export interface NetworkChange {
  readonly kind: 'network';
  readonly uri: string;
  readonly name: string;
  /** `null` where there is none. */
  readonly from: NetworkState | null;
  readonly to: NetworkState | null;
}

export const networkKind = {
  hasForm: ({ uri, name, from, to }) =>
    isUri(uri) &&
    isNetworkName(name) &&
    [from, to].every((state) => isNullOr(state, isNetworkState)) &&
    from !== to,
  words: ({ name, from, to }) =>
    `network ${name}: ${to === null ? 'remove' : from === null ? 'create and start' : to.active ? 'start' : 'change'}`,
  script: {
    parts: () => ['networks'],
    checks: () => [],
    lines({ uri, name, to }) {
      const at = `${quote(uri)} ${quote(name)}`;
      return [
        to === null
          ? `remove_network ${at}`
          : `network ${at} ${to.autostart ? 'on' : 'off'} ${quote(to.xml)}`,
      ];
    },
  },
  madeBy: 'libvirt',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ name }) => [`network ${name}`],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<NetworkChange>;

/** Whether a value can be the name of a network that we make. */
function isNetworkName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z0-9][a-z0-9._-]{0,80}$/.test(value);
}

function isNetworkState(value: unknown): boolean {
  return (
    isParts(value) &&
    typeof value['xml'] === 'string' &&
    value['xml'].length <= MAX_LENGTH &&
    /^\s*<network[\s>]/.test(value['xml']) &&
    isBoolean(value['active']) &&
    isBoolean(value['autostart'])
  );
}
