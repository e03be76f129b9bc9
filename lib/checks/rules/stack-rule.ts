import type { StackKind } from '../../pci/storage-use.ts';
import { listSome, type SafetyRule } from '../safety-rule.ts';
import { blockTitle } from '../storage-view.ts';

/** A rule for block devices of one kind that are made of the disks of a function. */
export function stackRule(
  texts: Omit<SafetyRule, 'severity' | 'find'>,
  kinds: readonly StackKind[],
  whole: string,
): SafetyRule {
  return {
    ...texts,
    severity: 'refuses',
    find: (device, view) => {
      const { blocks } = view.storage.stackOn(device.address);
      const above = [...blocks.values()].filter(
        ({ block }) => block.kind !== null && kinds.includes(block.kind),
      );
      if (above.length === 0) return [];
      const names = above.map(({ block }) => blockTitle(block));
      return [
        {
          message: `is part of ${whole}: ${listSome(names)}`,
          evidence: above.map(({ block, path }) => `${block.name} is made of it: ${path}`),
        },
      ];
    },
  };
}
