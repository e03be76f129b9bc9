import { isUnknown, knownValue } from '../../../../base/known.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** Mediated devices are made of it. */
export const mediatedDevice: SafetyRule = {
  name: 'mediated-device',
  title: 'mediated devices are made of it',
  severity: 'refuses',
  meaning:
    'Its driver has made mediated devices of it (`/sys/bus/mdev`), such as a vGPU, which go with it. A virtual machine that is set up to have one does not start any more.',
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
      ? [unknownFinding('which mediated devices are made of it', mediatedDevices)]
      : [];
  },
};
