import { observeNodes } from '../../node-use.ts';
import type { SafetyRule } from '../../safety-rule.ts';
import { hasNodes } from '../use/node-open.ts';

export const inputOpen: SafetyRule = {
  name: 'input-open',
  title: 'a program reads its keyboards, mice or other input devices',
  severity: 'refuses',
  meaning:
    'A process has one of its input devices (`/dev/input`) open: a desktop, a service that reacts to keys, or a VM that gets the input device. They lose the input device. This is known only on the running host, and for all processes only as root.',
  remedy: 'stop the programs, move the device to another controller, or accept it: --allow input-open',
  find: (device, view) =>
    observeNodes(device, view, 'input-open', {
      inUse: (names, nodes) => `has input devices that programs read: ${nodes}, by ${names}`,
      what: 'programs that read its input devices',
      // If it is unknown which nodes there are, node-open reports that once.
      mayHave: hasNodes(device, view, 'input-open') === true,
    }),
};
