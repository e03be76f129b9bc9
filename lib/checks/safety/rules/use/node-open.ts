import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isOfHost } from '../../../validation/host-driver.ts';
import { holderName, observeNodes } from '../../node-use.ts';
import { type NodeHolder, type NodeRule, nodeRuleOf } from '../../open-nodes.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

export const nodeOpen: SafetyRule = {
  name: 'node-open',
  title: 'a program has one of its device nodes open',
  severity: 'refuses',
  meaning:
    'A process has a device node open that belongs to it or to one of its children: a serial port, a USB device, an InfiniBand adapter, a tape, a modem, a camera, a clock, a watchdog, a bus. The node is found by its device number, so another name, another root directory or a deletion does not hide it. A node that is only mapped into memory or registered with io_uring counts, and so do sysfs files with access to the device itself (`resource0`, `config`). The program fails if the device disappears, and many drivers wait until it closes the node. This is known only on the running host, and for all processes only as root.',
  remedy: 'stop the programs, or accept it: --allow node-open',
  find: (device, view) =>
    observeNodes(device, view, 'node-open', {
      inUse: (names, nodes) => `has nodes that programs have open: ${nodes}, by ${names}`,
      what: 'programs that have its device nodes open',
      remedy: remedyOf,
      mayHave: hasNodes(device, view, 'node-open') ?? isOfHost(device),
    }),
};

/** Whether a function has nodes that a rule reports; undefined if it is unknown which nodes there are. */
export function hasNodes({ address }: SafetyDevice, view: SafetyView, rule: NodeRule): boolean | undefined {
  const { deviceNodes } = view.host.use;
  if (isUnknown(deviceNodes)) return undefined;
  const own = (knownValue(deviceNodes) ?? []).filter((node) => node.function === address);
  return own.some(({ subsystem }) => nodeRuleOf({ block: null, subsystem }) === rule);
}

/** The command that closes a node, by its kind and its holder. */
function remedyOf(holders: readonly NodeHolder[]): string {
  const steps = new Set(
    holders.flatMap((each) => each.nodes.map(({ name, subsystem }) => stepOf(each, name, subsystem))),
  );
  return `${listSome([...steps])}; or accept it: --allow node-open`;
}

function stepOf({ holder }: NodeHolder, name: string, subsystem: string | null): string {
  if (holder.machine !== null) return `shut down ${holder.machine}, or detach the device from it`;
  if (/getty$/.test(holder.command ?? '')) {
    return `systemctl stop ${subsystem === 'tty' || subsystem === 'hvc' ? 'serial-getty' : 'getty'}@${name}`;
  }
  return `stop ${holderName(holder)}, which has ${name}`;
}
