import { isUnknown, knownValue } from '../../base/known.ts';
import { mayHaveInterfaces } from '../network-view.ts';
import { listSome, notKnown, type SafetyRule } from '../safety-rule.ts';

/** The kernel or a program works with an interface of it directly. */
export const netUser: SafetyRule = {
  name: 'net-user',
  title: 'something works with its network interface directly',
  severity: 'refuses',
  meaning:
    'An interface of it, or one that is above it, is used without an address of its own: a PPPoE session runs over it, an XDP program gets its packets, a socket of the CAN bus receives from it, or it is an interface to a CAN bus that is switched on. XDP programs are only known on the running host, by `ip`.',
  remedy: 'stop what uses it, or accept that it fails: --allow net-user',
  find: (device, view) => {
    const stack = view.network.stackOn(device.address);
    const uses = stack.flatMap(({ interface: { users, linkLayer, isUp }, path }) => [
      ...(knownValue(users) ?? []).map((user) => `${user} (${path})`),
      ...(linkLayer === 'can' && isUp === true ? [`CAN bus (${path})`] : []),
    ]);
    if (uses.length > 0) return [{ message: `is in use by ${listSome(uses)}`, evidence: uses }];
    const facts = stack.flatMap(({ interface: { users, linkLayer, isUp } }) => [
      users,
      linkLayer,
      linkLayer === 'can' ? isUp : null,
    ]);
    const unknown = facts.find(isUnknown);
    return unknown !== undefined && mayHaveInterfaces(device)
      ? [notKnown('what uses its interfaces directly', unknown)]
      : [];
  },
};
