import type { BlockDevice, StackKind } from '../../pci/storage-use.ts';
import { listSome, type SafetyRule } from '../safety-rule.ts';
import { blockTitle } from '../storage-view.ts';

/** What one rule says of block devices of some kinds. */
export interface StackRuleFacts {
  readonly kinds: readonly StackKind[];
  /** What the disk is part of: `a running md array`. */
  readonly whole: string;
  /** What to do, before the commands: `stop the array`. */
  readonly advice: string;
  /** The command for one of them. */
  readonly command: (block: BlockDevice) => string;
}

/** A rule for block devices of one kind that are made of the disks of a function. */
export function stackRule(
  texts: Omit<SafetyRule, 'severity' | 'find'>,
  { kinds, whole, advice, command }: StackRuleFacts,
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
      // What was made last may be made of what was made first.
      const commands = [...new Set(above.map(({ block }) => command(block)))].reverse();
      return [
        {
          message: `is part of ${whole}: ${listSome(names)}`,
          evidence: above.map(({ block, path }) => `${block.name} is made of it: ${path}`),
          remedy: `${advice}: ${commands.join(' && ')}`,
        },
      ];
    },
  };
}
