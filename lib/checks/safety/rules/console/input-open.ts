import { observeNodes } from '../../node-use.ts';
import type { SafetyRule } from '../../safety-rule.ts';
import { hasNodes } from '../use/node-open.ts';

/** A program reads keyboards, mice or the like of it. */
export const inputOpen: SafetyRule = {
  name: 'input-open',
  title: 'a program reads keyboards, mice or the like of it',
  severity: 'refuses',
  meaning:
    'A process has an input device open (`/dev/input`) that hangs on it: a desktop, a service that acts on keys, or a virtual machine that the device is passed on to. The device is gone for them. Known on the running host alone, and of all processes to root alone.',
  remedy: 'stop the programs, move the device to another controller, or accept it: --allow input-open',
  find: (device, view) =>
    observeNodes(device, view, 'input-open', {
      inUse: (names, nodes) => `has input devices that programs read: ${nodes}, by ${names}`,
      what: 'which programs read its input devices',
      // If it is not known which nodes there are, node-open reports that, and once is enough.
      mayHave: hasNodes(device, view, 'input-open') === true,
    }),
};
