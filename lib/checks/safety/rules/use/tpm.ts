import { isUnknown, knownValue } from '../../../../base/known.ts';
import { mayCarryBoardDevices } from '../../board-carriers.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** The host's TPM is on it. */
export const tpm: SafetyRule = {
  name: 'tpm',
  title: "the host's TPM is on it",
  severity: 'refuses',
  meaning:
    'A TPM hangs on it, itself or by LPC, SPI or I2C. What is sealed to it, such as the keys of encrypted disks, can not be opened any more.',
  remedy: 'leave it with the host, or accept it: --allow tpm',
  find: (device, view) => {
    const { tpms } = view.host.use;
    const listed = (knownValue(tpms) ?? []).filter((each) => each.function === device.address);
    const attached = (knownValue(device.attachments) ?? []).filter(({ kind }) => kind === 'tpm');
    const names = [...new Set([...listed, ...attached].map(({ name }) => name))];
    if (names.length > 0) {
      return [
        {
          message: `has the host's TPM: ${listSome(names)}`,
          evidence: names.map((name) => `/sys/class/tpm/${name}`),
        },
      ];
    }
    return isUnknown(tpms) && mayCarryBoardDevices(device)
      ? [unknownFinding("whether the host's TPM is on it", tpms)]
      : [];
  },
};
