import { isUnknown, knownValue } from '../../../../base/known.ts';
import { mayCarryBoardDevices } from '../../board-carriers.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const watchdog: SafetyRule = {
  name: 'watchdog',
  title: 'an armed watchdog is on it',
  severity: 'refuses',
  meaning:
    'A hardware watchdog on it is counting down (`/sys/class/watchdog/watchdog0/state` is `active`), and a program, for example systemd, resets it. If the program can no longer do so, the watchdog restarts the host.',
  remedy:
    'stop the program that arms it: RuntimeWatchdogSec=off in /etc/systemd/system.conf and systemctl daemon-reexec, or systemctl stop watchdog; or accept it: --allow watchdog',
  find: (device, view) => {
    const { watchdogs } = view.host.use;
    const own = (knownValue(watchdogs) ?? []).filter((each) => each.function === device.address);
    const armed = own.filter(({ isArmed }) => isArmed === true);
    if (armed.length > 0) {
      const names = armed.map(({ name, identity }) => `${name} (${knownValue(identity) ?? 'unknown kind'})`);
      return [
        {
          message: `has an armed watchdog: ${listSome(names)}`,
          evidence: armed.map(({ name }) => `/sys/class/watchdog/${name}/state: active`),
        },
      ];
    }
    const what = 'armed watchdogs';
    const unsure = own.map(({ isArmed }) => isArmed).find(isUnknown);
    if (unsure !== undefined) return [unknownFinding(what, unsure)];
    return isUnknown(watchdogs) && mayCarryBoardDevices(device) ? [unknownFinding(what, watchdogs)] : [];
  },
};
