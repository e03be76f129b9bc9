import { knownValue } from '../../base/known.ts';
import { listSome, type SafetyRule } from '../safety-rule.ts';

/** The host's TPM is on it. */
export const tpm: SafetyRule = {
  name: 'tpm',
  title: "the host's TPM is on it",
  severity: 'refuses',
  meaning:
    'A TPM hangs on it. What is sealed to it, such as the keys of encrypted disks, can not be opened any more.',
  remedy: 'leave it with the host, or accept it: --allow tpm',
  find: ({ address, attachments }, view) => {
    const listed = (knownValue(view.host.use.tpms) ?? []).filter((each) => each.function === address);
    const attached = (knownValue(attachments) ?? []).filter(({ kind }) => kind === 'tpm');
    const names = [...new Set([...listed, ...attached].map(({ name }) => name))];
    if (names.length === 0) return [];
    return [
      {
        message: `has the host's TPM: ${listSome(names)}`,
        evidence: names.map((name) => `/sys/class/tpm/${name}`),
      },
    ];
  },
};
