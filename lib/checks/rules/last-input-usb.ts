import { isUnknown, knownValue } from '../../base/known.ts';
import type { InputDevice } from '../../pci/host-use.ts';
import { listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import type { SafetyView } from '../safety-view.ts';

const USB_CONTROLLER = '0c03';
const KINDS = ['keyboard', 'pointer'] as const;

/** The only keyboard or mouse of the host is on it. */
export const lastInputUsb: SafetyRule = {
  name: 'last-input-usb',
  title: 'the only keyboard or mouse is on it',
  severity: 'refuses',
  meaning:
    'Every keyboard, or every mouse, that the host has hangs on controllers that it gives away, and this is one of them. Who sits at the host can type nothing any more.',
  remedy: 'put a keyboard on another controller, or accept it: --allow last-input-usb',
  find: ({ address, class: deviceClass }, view) => {
    const { inputs } = view.host.use;
    const isUsb = knownValue(deviceClass)?.code.startsWith(USB_CONTROLLER) ?? false;
    if (isUnknown(inputs)) return isUsb ? [notKnown('which keyboards hang on it', inputs)] : [];
    const all = inputs ?? [];
    const last = KINDS.filter((kind) => {
      const ofKind = all.filter((input) => input.kind === kind);
      return ofKind.some((input) => input.function === address) && ofKind.every((input) => goes(input, view));
    });
    const lost = all.filter(
      (input) => input.function === address && last.some((kind) => kind === input.kind),
    );
    if (lost.length > 0) {
      const names = lost.map(({ title, name }) => knownValue(title) ?? name);
      return [
        {
          message: `has the host's only ${last.join(' and ')}: ${listSome(names)}`,
          evidence: lost.map(({ name, title }) => `${name}: ${knownValue(title) ?? 'without a name'}`),
        },
      ];
    }
    const unsure = all.find((input) => input.function === address && isUnknown(input.kind))?.kind;
    return isUnknown(unsure) ? [notKnown('which keyboards hang on it', unsure)] : [];
  },
};

function goes(input: InputDevice, { taken }: SafetyView): boolean {
  return input.function !== null && taken.has(input.function);
}
