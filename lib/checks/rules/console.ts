import { knownValue } from '../../base/known.ts';
import { firstUnknown, listSome, notKnown, type Observation, type SafetyRule } from '../safety-rule.ts';

/** The host's text console is on it. */
export const console: SafetyRule = {
  name: 'console',
  title: "the host's console is on it",
  severity: 'refuses',
  meaning:
    "A framebuffer of it shows the text console, or a serial port of it is a console of the kernel's. Who administers the host there sees and types nothing any more.",
  remedy:
    'unbind the console first: echo 0 > /sys/class/vtconsole/vtcon1/bind; or accept it: --allow console',
  find: ({ address, class: deviceClass }, view) => {
    const { framebuffers, framebufferConsole, consoles } = view.host.use;
    const shown = (knownValue(framebuffers) ?? []).filter((each) => each.function === address);
    const serial = (knownValue(consoles) ?? []).filter((each) => each.function === address);
    const observations: Observation[] = [];
    const screens = framebufferConsole === true ? shown : [];
    if (screens.length + serial.length > 0) {
      observations.push({
        message: `has a console of the host: ${listSome([...screens, ...serial].map(({ name }) => name))}`,
        evidence: [
          ...screens.map(({ name }) => `the text console is on framebuffers, and ${name} is one`),
          ...serial.map(({ name }) => `/sys/class/tty/console/active: ${name}`),
        ],
      });
    }
    // What could have one: a display, or a controller of serial ports.
    const code = knownValue(deviceClass)?.code ?? '';
    const unknown =
      (shown.length > 0 ? firstUnknown(framebufferConsole) : undefined) ??
      (code.startsWith('03') ? firstUnknown(framebuffers) : undefined) ??
      (code.startsWith('07') ? firstUnknown(consoles) : undefined);
    if (unknown !== undefined) observations.push(notKnown('whether a console of the host is on it', unknown));
    return observations;
  },
};
