import { isUnknown, knownValue } from '../../../../base/known.ts';
import { mayCarryBoardDevices } from '../../board-carriers.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const tpm: SafetyRule = {
  name: 'tpm',
  title: 'a TPM of the host is on it',
  severity: 'refuses',
  meaning:
    'It has the TPM, directly or through LPC, SPI or I2C. Data that is sealed to the TPM, for example keys of encrypted disks, can then no longer be opened.',
  remedy: 'leave it with the host, or accept it: --allow tpm',
  find: (device, view) => {
    const { tpms } = view.host.use;
    const listed = (knownValue(tpms) ?? []).filter((each) => each.function === device.address);
    const attached = (knownValue(device.attachments) ?? []).filter(({ kind }) => kind === 'tpm');
    const names = [...new Set([...listed, ...attached].map(({ name }) => name))];
    if (names.length > 0) {
      return [
        {
          message: `has the TPM of the host: ${listSome(names)}`,
          evidence: names.map((name) => `/sys/class/tpm/${name}`),
        },
      ];
    }
    return isUnknown(tpms) && mayCarryBoardDevices(device) ? [unknownFinding('a TPM of the host', tpms)] : [];
  },
};
