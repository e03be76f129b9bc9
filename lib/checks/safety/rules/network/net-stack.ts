import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shellCommand } from '../../../../base/shell-command.ts';
import type { ElsewhereInterface, InterfaceKind } from '../../../../facts/network-use.ts';
import { mayHaveInterfaces, type StackedInterface } from '../../network-view.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

const KINDS: Readonly<Record<InterfaceKind, string>> = {
  bridge: 'bridge',
  bond: 'bond',
  team: 'team',
  vrf: 'VRF',
  openvswitch: 'Open vSwitch datapath',
  vlan: 'VLAN',
  macvlan: 'macvlan',
  ipvlan: 'ipvlan',
  macsec: 'MACsec interface',
  vxlan: 'VXLAN',
  tunnel: 'tunnel',
  other: 'interface',
};

export const netStack: SafetyRule = {
  name: 'net-stack',
  title: 'a bridge, bond, VLAN or macvlan is on top of it',
  severity: 'refuses',
  meaning:
    'One of its interfaces is in a bridge, bond or team, or a VLAN, macvlan, tunnel or similar interface is on top of it, in this network namespace or in that of a container. VMs and containers on it lose their network, even if it has no address of the host. If another namespace cannot be read, the result is unknown.',
  remedy: 'remove the interface from it: ip link set NAME nomaster; or accept it: --allow net-stack',
  find: (device, view) => {
    const stack = view.network.stackOn(device.address);
    const above = stack.filter(({ isAbove }) => isAbove);
    const [first] = above;
    const here =
      first === undefined
        ? []
        : [
            {
              message: `is below ${listSome(above.map(titleOf))}`,
              evidence: above.map(({ path }) => path),
              remedy: `${remedyOf(first)}; or accept it: --allow net-stack`,
            },
          ];
    const found = [...here, ...findElsewhere(device, view, stack)];
    if (found.length > 0) return found;
    const unknown = firstUnknown(
      view.host.use.interfaces,
      ...stack.flatMap((each) => [each.interface.uppers, each.interface.missedUppers]),
    );
    return unknown === undefined || !mayHaveInterfaces(device)
      ? []
      : [unknownFinding('interfaces on top of its own', unknown)];
  },
};

function titleOf({ interface: { kind, name } }: StackedInterface): string {
  return `${KINDS[kind]} ${name}`;
}

/** The command that parts an interface from the one that it is made of, or the one that is in it. */
function remedyOf({ interface: upper, below }: StackedInterface): string {
  const lower = below?.name ?? '';
  if (upper.kind === 'openvswitch') {
    return `remove the interface from its bridge: ${shellCommand('ovs-vsctl', 'del-port', lower)}`;
  }
  if (knownValue(below?.master ?? null) === upper.name) {
    return `remove the interface from it: ${shellCommand('ip', 'link', 'set', 'dev', lower, 'nomaster')}`;
  }
  return `remove it: ${shellCommand('ip', 'link', 'delete', 'dev', upper.name)}`;
}

function findElsewhere(
  device: SafetyDevice,
  { host }: SafetyView,
  stack: readonly StackedInterface[],
): readonly Observation[] {
  if (stack.length === 0 && !mayHaveInterfaces(device)) return [];
  const { interfaces, unseen, missed } = host.live.elsewhere;
  const made = interfaces.filter(({ madeOf }) => madeOf !== null);
  const indexes = stack.map((each) => each.interface.index);
  const above = made.filter(({ madeOf }) => indexes.includes(madeOf));
  const sure = above.filter(({ kind }) => kind !== 'other');
  if (sure.length > 0) return [{ ...elsewhereObservation('is below', sure) }];
  const isNumberless = indexes.some((index) => knownValue(index) === undefined);
  const doubtful = isNumberless ? made : above;
  if (doubtful.length > 0) {
    return [{ ...elsewhereObservation('cannot be checked: it may be below', doubtful), isUnknown: true }];
  }
  if (isUnknown(missed)) {
    return [unknownFinding('interfaces on top of its own in other network namespaces', missed)];
  }
  if (unseen.length === 0) return [];
  return [
    {
      message: `cannot be checked: the interfaces in the network namespace of ${listSome(unseen)} are unreadable`,
      evidence: unseen,
      remedy: 'inspect it as root: lsns --type net; if no interface there is on top of it, --allow net-stack',
      isUnknown: true,
    },
  ];
}

function elsewhereObservation(verb: string, above: readonly ElsewhereInterface[]): Observation {
  const names = above.map(
    ({ kind, name, where }) => `${KINDS[kind]} ${name} in another network namespace, of ${where}`,
  );
  return {
    message: `${verb} ${listSome(names)}`,
    evidence: names,
    remedy: 'stop the container or program that uses it; or accept it: --allow net-stack',
  };
}
