import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { OpenNode } from '../../../../facts/host-use.ts';
import { holderEvidence, holderNames, notCleared } from '../../node-use.ts';
import { nodeRuleOf } from '../../open-nodes.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import type { SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { mayHaveDisks } from '../../storage-view.ts';

export const blockOpen: SafetyRule = {
  name: 'block-open',
  title: 'a program has one of its disks open',
  severity: 'refuses',
  meaning:
    'A process has one of its block devices open: a VM that uses the disk, or a program that writes an image. This is known only on the running host, and for all processes only as root.',
  remedy: 'stop the program or the VM',
  find: (device, view) => {
    const { blocks } = view.storage.stackOn(device.address);
    const holders = view.holdersOf((node) => blocks.has(blockOf(node, view) ?? '') || isOn(node, device));
    if (holders.length > 0) {
      const message = `has disks that are open in ${holderNames(holders)}`;
      return [{ message, evidence: holders.map(holderEvidence) }];
    }
    const { unsure } = view.nodes.useOf(device, 'block-open');
    const lost = unsure.filter(({ nodes }) => nodes.some((node) => blockOf(node, view) === undefined));
    return notCleared(lost, view.host.live, 'programs that have its disks open', mayHaveDisks(device));
  },
};

function blockOf(node: OpenNode, view: SafetyView): string | undefined {
  if (nodeRuleOf(node) !== 'block-open') return undefined;
  return node.block ?? view.storage.blockAt(node.path)?.name;
}

/** A node that sysfs shows on the function, even if its block devices are unknown. */
function isOn(node: OpenNode, { address }: SafetyDevice): boolean {
  if (nodeRuleOf(node) !== 'block-open' || isUnknown(node.functions)) return false;
  return knownValue(node.functions)?.includes(address) ?? false;
}
