import { isUnknown, knownValue } from '../../../../base/known.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const mediatedDevice: SafetyRule = {
  name: 'mediated-device',
  title: 'it has mediated devices',
  severity: 'refuses',
  meaning:
    'Its driver created mediated devices (`/sys/bus/mdev`), for example vGPUs, which disappear with it. A VM that is configured with one no longer starts.',
  remedy: 'remove them first: mdevctl stop --uuid UUID',
  find: ({ address, class: deviceClass, driver }, view) => {
    const { mediatedDevices } = view.host.use;
    const own = (knownValue(mediatedDevices) ?? []).filter((each) => each.function === address);
    if (own.length > 0) {
      const names = own.map(({ name }) => name);
      return [
        {
          message: `has mediated devices: ${listSome(names)}`,
          evidence: names.map((name) => `/sys/bus/mdev/devices/${name}`),
          remedy: names.map((name) => `mdevctl stop --uuid ${name}`).join('; '),
        },
      ];
    }
    const mayHave = driver !== null && /^(03|12|$)/.test(knownValue(deviceClass)?.code ?? '');
    return isUnknown(mediatedDevices) && mayHave
      ? [unknownFinding('its mediated devices', mediatedDevices)]
      : [];
  },
};
