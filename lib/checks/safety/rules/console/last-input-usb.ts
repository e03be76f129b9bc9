import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { InputDevice } from '../../../../facts/host-use.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

// Controllers of USB, and of I2C and similar buses for touchpads.
const CONTROLLERS = /^(0c03|0c80|0c05|1180)/;
const KINDS = ['keyboard', 'pointer'] as const;

export const lastInputUsb: SafetyRule = {
  name: 'last-input-usb',
  title: 'the only keyboard or mouse is on it',
  severity: 'refuses',
  meaning:
    'All keyboards, or all mice and touchpads, of the host are on controllers that the change takes, and this is one of them. No one can then type at the host. Input devices that a program creates, also for Bluetooth, do not count as remaining ones. If the only other keyboard uses Bluetooth, its adapter counts.',
  remedy: 'connect a keyboard to another controller, or accept it: --allow last-input-usb',
  find: ({ address, class: deviceClass }, view) => {
    const { inputs, bluetoothAdapters } = view.host.use;
    const mayHaveInputs = CONTROLLERS.test(knownValue(deviceClass)?.code ?? '');
    const adapters = (knownValue(bluetoothAdapters) ?? []).filter((each) => each.function === address);
    const isOn = (input: InputDevice): boolean =>
      input.function === address || (input.isBluetooth && adapters.length > 0);
    if (isUnknown(inputs)) return mayHaveInputs ? [unknownFinding('its keyboards', inputs)] : [];
    const all = inputs ?? [];
    const last = KINDS.filter((kind) => {
      const ofKind = all.filter((input) => input.kind === kind);
      return ofKind.some(isOn) && ofKind.every((input) => input.isVirtual || goes(input, view));
    });
    const lost = all.filter((input) => isOn(input) && last.some((kind) => kind === input.kind));
    if (lost.length > 0) {
      const names = lost.map(({ title, name }) => knownValue(title) ?? name);
      return [
        {
          message: `has the host's only ${last.join(' and ')}: ${listSome(names)}`,
          evidence: lost.map(({ name, title }) => `${name}: ${knownValue(title) ?? 'unnamed'}`),
        },
      ];
    }
    const unsure = all.find((input) => isOn(input) && isUnknown(input.kind))?.kind;
    if (isUnknown(unsure)) return [unknownFinding('its keyboards', unsure)];
    const isByRadio = mayHaveInputs && all.some(({ isBluetooth }) => isBluetooth);
    return isByRadio && isUnknown(bluetoothAdapters)
      ? [unknownFinding('its Bluetooth adapters', bluetoothAdapters)]
      : [];
  },
};

function goes(input: InputDevice, { taken }: SafetyView): boolean {
  return input.function !== null && taken.has(input.function);
}
