import { isUnknown, knownValue } from '../../base/known.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import { holderEvidence, holderName } from '../safety-view.ts';

/** A program draws or computes with it. */
export const drmInUse: SafetyRule = {
  name: 'drm-in-use',
  title: 'a program draws or computes with it',
  severity: 'refuses',
  meaning:
    'A process has a node of it below `/dev/dri` open: a desktop, which is master of the display, or a program that computes. It fails when the device goes, and many drivers then hang. Known on the running host alone, and of all processes to root alone.',
  remedy: 'end the desktop first (systemctl isolate multi-user.target), and stop the programs',
  find: ({ attachments, class: deviceClass }, view) => {
    const cards = (knownValue(attachments) ?? []).filter(({ kind }) => kind === 'drm');
    const nodes = new Set(cards.map(({ name }) => `/dev/dri/${name}`));
    const holders = view.holdersOf((path) => nodes.has(path));
    if (holders.length > 0) {
      const names = holders.map(({ holder }) => holderName(holder));
      return [
        { message: `is in use for graphics by ${listSome(names)}`, evidence: holders.map(holderEvidence) },
      ];
    }
    const isDisplay = knownValue(deviceClass)?.code.startsWith('03') ?? false;
    const mayHaveCards = nodes.size > 0 || (isUnknown(attachments) && isDisplay);
    const unknown = firstUnknown(view.host.live.unseen, attachments);
    return mayHaveCards && unknown !== undefined
      ? [notKnown('which programs use it for graphics', unknown)]
      : [];
  },
};
