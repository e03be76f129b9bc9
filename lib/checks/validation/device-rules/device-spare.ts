import { isBridge } from '../../../pci/group/iommu-group.ts';
import { refusalsAmong } from '../../finding.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const deviceSpare: DeviceRule = {
  id: 'device-spare',
  title: 'the host can spare it',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'No [safety rule](safety-rules.md) prevents taking it, with everything that goes with it. `pci bind --dry-run` shows the facts that could not be checked.',
  evaluate: (device, { findings }) => {
    if (isBridge(device)) return doesNotApply('is a bridge');
    const found = findings.get(device.address);
    if (found === undefined) return doesNotApply('was not checked');
    const refusals = refusalsAmong(found, new Set());
    const known = refusals.filter(({ severity }) => severity !== 'unknown');
    const [first] = known;
    if (first !== undefined) {
      return violated('the host uses it, or a device that goes with it', {
        evidence: known.map(({ name, subject, message }) => `${subject} ${message} (${name})`),
        remedy: first.remedy,
      });
    }
    const [unknown] = refusals;
    if (unknown === undefined) return holds('the host can spare it');
    const { subject, message, remedy, name } = unknown;
    return { kind: 'unknown', message: `${subject} ${message} (${name}): ${remedy}`, why: 'unread' };
  },
};
