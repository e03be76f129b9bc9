import { isUnknown, knownValue } from '../../../../base/known.ts';
import { holderEvidence, holderName, notCleared } from '../../node-use.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const soundInUse: SafetyRule = {
  name: 'sound-in-use',
  title: 'a program uses its sound',
  severity: 'refuses',
  meaning:
    'One of its sound streams is open (`/proc/asound`), or a process has one of its nodes below `/dev/snd` open, as sound servers always do. The kernel waits until the last of them closes before it unbinds the driver, so the change would hang.',
  remedy:
    'stop the sound server: systemctl --user stop pipewire.socket pipewire wireplumber pulseaudio.socket pulseaudio',
  find: (device, view) => {
    const { soundStreams } = view.host.use;
    const streams = (knownValue(soundStreams) ?? []).filter((each) => each.function === device.address);
    const { holders, unsure } = view.nodes.useOf(device, 'sound-in-use');
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
          message: `has sound in use: ${listSome(names)}`,
          evidence: [...owned, ...holders.map(holderEvidence)],
        },
      ];
    }
    const mayHave = mayHaveSound(device);
    const what = 'programs that use its sound';
    const missed = notCleared(unsure, view.host.live, what, mayHave);
    if (missed.length > 0) return missed;
    const unknown = firstUnknown(soundStreams, device.attachments);
    return unknown !== undefined && mayHave ? [unknownFinding(what, unknown)] : [];
  },
};

function mayHaveSound({ attachments, class: deviceClass }: SafetyDevice): boolean {
  const isAudio = /^040[13]/.test(knownValue(deviceClass)?.code ?? '');
  const hasCards = (knownValue(attachments) ?? []).some(({ kind }) => kind === 'sound');
  return hasCards || (isUnknown(attachments) && isAudio);
}
