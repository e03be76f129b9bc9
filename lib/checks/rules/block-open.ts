import { isUnknown } from '../../base/known.ts';
import { listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import { holderEvidence, holderName } from '../safety-view.ts';
import { mayHaveDisks } from '../storage-view.ts';

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
    const holders = view.holdersOf((path) => blocks.has(view.storage.blockAt(path)?.name ?? ''));
    if (holders.length > 0) {
      const message = `has disks that programs have open: ${listSome(holders.map(({ holder }) => holderName(holder)))}`;
      return [{ message, evidence: holders.map(holderEvidence) }];
    }
    const { unseen } = view.host.live;
    return isUnknown(unseen) && mayHaveDisks(device)
      ? [notKnown('which programs have its disks open', unseen)]
      : [];
  },
};
