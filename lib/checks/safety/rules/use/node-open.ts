import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isOfHost } from '../../../validation/host-driver.ts';
import { holderName, observeNodes } from '../../node-use.ts';
import { type NodeHolder, type NodeRule, nodeRuleOf } from '../../open-nodes.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

/** A program has a device node of it open that no other rule looks at. */
export const nodeOpen: SafetyRule = {
  name: 'node-open',
  title: 'a program has a device node of it open',
  severity: 'refuses',
  meaning:
    'A process has a device node open that is of it, or of something that hangs on it: a serial port, a USB device, an adapter for InfiniBand, a tape, a modem, a camera, a clock, a watchdog, a bus. The node is looked for by its device number, so that another name, another root directory or a deletion does not hide it. A node that is only mapped into memory or registered with io_uring counts, and so do files of sysfs that give hold of the device itself (`resource0`, `config`). The program fails when the device goes, and many drivers wait until it has closed the node. Known on the running host alone, and of all processes to root alone.',
  remedy: 'stop the programs, or accept it: --allow node-open',
  find: (device, view) =>
    observeNodes(device, view, 'node-open', {
      inUse: (names, nodes) => `has nodes that programs have open: ${nodes}, by ${names}`,
      what: 'which programs have its device nodes open',
      remedy: remedyOf,
      mayHave: hasNodes(device, view, 'node-open') ?? isOfHost(device),
    }),
};

/** Whether a function has nodes that a rule reports; undefined if it is not known which nodes there are. */
export function hasNodes({ address }: SafetyDevice, view: SafetyView, rule: NodeRule): boolean | undefined {
  const { deviceNodes } = view.host.use;
  if (isUnknown(deviceNodes)) return undefined;
  const own = (knownValue(deviceNodes) ?? []).filter((node) => node.function === address);
  return own.some(({ subsystem }) => nodeRuleOf({ block: null, subsystem }) === rule);
}

/** What frees a node, by what it is and who has it. */
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
