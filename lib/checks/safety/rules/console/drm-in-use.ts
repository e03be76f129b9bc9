import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isOfHost } from '../../../validation/host-driver.ts';
import { observeNodes } from '../../node-use.ts';
import { nodeRuleOf } from '../../open-nodes.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** A program draws or computes with it. */
export const drmInUse: SafetyRule = {
  name: 'drm-in-use',
  title: 'a program draws or computes with it',
  severity: 'refuses',
  meaning:
    "A process has a node of it open: one below `/dev/dri` or `/dev/accel`, a framebuffer (`/dev/fb0`), or one of NVIDIA's driver (`/dev/nvidia0`). That is a desktop, which is master of the display, or a program that computes. It fails when the device goes, and many drivers then hang. Known on the running host alone, and of all processes to root alone.",
  remedy: 'end the desktop first (systemctl isolate multi-user.target), and stop the programs',
  find: (device, view) => {
    const { attachments, class: deviceClass } = device;
    const kinds = (knownValue(attachments) ?? []).map(({ kind }) =>
      nodeRuleOf({ block: null, subsystem: kind }),
    );
    // A driver that is no part of the kernel shows nothing below the function.
    const mayDraw = /^(03|12)/.test(knownValue(deviceClass)?.code ?? '') && isOfHost(device);
    const mayHave = kinds.includes('drm-in-use') || mayDraw;
    const what = 'which programs use it for graphics';
    const observed = observeNodes(device, view, 'drm-in-use', {
      inUse: (names) => `is in use for graphics by ${names}`,
      what,
      mayHave,
    });
    if (observed.length > 0) return observed;
    return isUnknown(attachments) && mayHave ? [unknownFinding(what, attachments)] : [];
  },
};
