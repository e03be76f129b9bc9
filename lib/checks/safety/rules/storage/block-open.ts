import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { OpenNode } from '../../../../facts/host-use.ts';
import { holderEvidence, holderNames, notCleared } from '../../node-use.ts';
import { nodeRuleOf } from '../../open-nodes.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import type { SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { mayHaveDisks } from '../../storage-view.ts';

/** A program has a disk of it open. */
export const blockOpen: SafetyRule = {
  name: 'block-open',
  title: 'a program has a disk of it open',
  severity: 'refuses',
  meaning:
    'A process has a block device open that is on it: a virtual machine that has the disk as its own, a program that writes an image. Known on the running host alone, and of all processes to root alone.',
  remedy: 'stop the program, or the virtual machine',
  find: (device, view) => {
    const { blocks } = view.storage.stackOn(device.address);
    const holders = view.holdersOf((node) => blocks.has(blockOf(node, view) ?? '') || isOn(node, device));
    if (holders.length > 0) {
      const message = `has disks that programs have open: ${holderNames(holders)}`;
      return [{ message, evidence: holders.map(holderEvidence) }];
    }
    const { unsure } = view.nodes.useOf(device, 'block-open');
    const lost = unsure.filter(({ nodes }) => nodes.some((node) => blockOf(node, view) === undefined));
    return notCleared(lost, view.host.live, 'which programs have its disks open', mayHaveDisks(device));
  },
};

function blockOf(node: OpenNode, view: SafetyView): string | undefined {
  if (nodeRuleOf(node) !== 'block-open') return undefined;
  return node.block ?? view.storage.blockAt(node.path)?.name;
}

/** One that sysfs shows on the function, whatever is known of block devices. */
function isOn(node: OpenNode, { address }: SafetyDevice): boolean {
  if (nodeRuleOf(node) !== 'block-open' || isUnknown(node.functions)) return false;
  return knownValue(node.functions)?.includes(address) ?? false;
}
