import { isUnknown, knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import { holderEvidence, holderName } from '../safety-view.ts';

/** A program plays or records with it, or has it open to do so. */
export const soundInUse: SafetyRule = {
  name: 'sound-in-use',
  title: 'a program uses its sound',
  severity: 'refuses',
  meaning:
    'A stream of it is open (`/proc/asound`), or a process has a node of it below `/dev/snd` open, as sound servers always have. The kernel waits for the last of them to close before it lets the driver go: the change would hang.',
  remedy:
    'stop the sound server: systemctl --user stop pipewire.socket pipewire wireplumber pulseaudio.socket pulseaudio',
  find: (device, view) => {
    const { soundStreams } = view.host.use;
    const streams = (knownValue(soundStreams) ?? []).filter((each) => each.function === device.address);
    const cards = cardNumbers(device);
    const holders = view.holdersOf((path) => {
      const card = /^\/dev\/snd\/(?:control|pcm|hw|midi)C(\d+)/.exec(path)?.[1];
      return card !== undefined && cards.includes(card);
    });
    if (streams.length + holders.length > 0) {
      const names = [
        ...streams.map(({ card, stream }) => `${card} ${stream}`),
        ...holders.map(({ holder }) => holderName(holder)),
      ];
      const owned = streams.map(({ card, stream, ownerPid }) => {
        const owner = ownerPid === null ? '' : `, by process ${ownerPid}`;
        return `/proc/asound/${card}/${stream} is open${owner}`;
      });
      return [
        {
          message: `has its sound in use: ${listSome(names)}`,
          evidence: [...owned, ...holders.map(holderEvidence)],
        },
      ];
    }
    const unknown = firstUnknown(soundStreams, view.host.live.unseen, device.attachments);
    return unknown !== undefined && mayHaveSound(device, cards)
      ? [notKnown('which programs use its sound', unknown)]
      : [];
  },
};

function cardNumbers({ attachments }: PciDevice): readonly string[] {
  return (knownValue(attachments) ?? []).flatMap(({ kind, name }) => {
    const card = kind === 'sound' ? /^card(\d+)$/.exec(name)?.[1] : undefined;
    return card === undefined ? [] : [card];
  });
}

function mayHaveSound({ attachments, class: deviceClass }: PciDevice, cards: readonly string[]): boolean {
  const isAudio = /^040[13]/.test(knownValue(deviceClass)?.code ?? '');
  return cards.length > 0 || (isUnknown(attachments) && isAudio);
}
