import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isOfHost } from '../../../validation/host-driver.ts';
import { observeNodes } from '../../node-use.ts';
import { nodeRuleOf } from '../../open-nodes.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const drmInUse: SafetyRule = {
  name: 'drm-in-use',
  title: 'a program uses it for graphics or computing',
  severity: 'refuses',
  meaning:
    'A process has one of its nodes open: below `/dev/dri` or `/dev/accel`, a framebuffer (`/dev/fb0`), or a node of the NVIDIA driver (`/dev/nvidia0`). The process is a desktop that controls the display, or a computing program. It fails if the device disappears, and many drivers then hang. This is known only on the running host, and for all processes only as root.',
  remedy: 'stop the desktop first (systemctl isolate multi-user.target), and stop the programs',
  find: (device, view) => {
    const { attachments, class: deviceClass } = device;
    const kinds = (knownValue(attachments) ?? []).map(({ kind }) =>
      nodeRuleOf({ block: null, subsystem: kind }),
    );
    // A driver outside the kernel tree shows nothing below the function.
    const mayDraw = /^(03|12)/.test(knownValue(deviceClass)?.code ?? '') && isOfHost(device);
    const mayHave = kinds.includes('drm-in-use') || mayDraw;
    const what = 'programs that use it for graphics';
    const observed = observeNodes(device, view, 'drm-in-use', {
      inUse: (names) => `is in use for graphics by ${names}`,
      what,
      mayHave,
    });
    if (observed.length > 0) return observed;
    return isUnknown(attachments) && mayHave ? [unknownFinding(what, attachments)] : [];
  },
};
