import { type Known, knownValue } from '../../base/known.ts';
import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { ValidatedHost } from './validated-host.ts';
import type { ValidatedDevice } from './validation-fields.ts';
import type { DeviceRule, HostRule, MachineRule, Purpose } from './validation-rule.ts';
import { DEVICE_RULES, HOST_RULES, MACHINE_RULES } from './validation-rules.ts';
import type { Verdict } from './verdict.ts';

/** The request. */
export interface Asked {
  /** The purposes of the host; empty if none are given. */
  readonly purposes: readonly Purpose[];
  readonly devices: readonly ValidatedDevice[];
  readonly machine: MachineNeeds | null;
}

/** The result of a check: `unknown` if it could not run, `apart` if there was nothing to check. */
export type Outcome = 'pass' | 'note' | 'warn' | 'fail' | 'unknown' | 'apart';

/** The verdict of one rule on the host, a device or a VM. */
export interface CheckResult {
  readonly rule: HostRule | DeviceRule | MachineRule;
  readonly scope: 'host' | 'device' | 'machine';
  /** The device or VM; `null` for the host. */
  readonly subject: string | null;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

/** The default purposes of a host: to run VMs, and to pass devices to them. */
const USUAL: readonly Purpose[] = ['passthrough', 'machines'];

/**
 * Runs the rules for a request. Without a request, these are all rules for the host and for every known VM; purposes
 * that were not requested (SR-IOV, graphics cards, nested VMs) then result at most in notes.
 */
export function validateHost(host: ValidatedHost, asked: Asked): readonly CheckResult[] {
  const { devices, machine } = asked;
  const purposes = wantedPurposes(asked);
  const isAsked = ({ purposes: own }: { readonly purposes: readonly Purpose[] }): boolean =>
    own.some((purpose) => purposes.includes(purpose));
  const isGeneral = asked.purposes.length === 0 && devices.length === 0 && machine === null;
  const ofHost = HOST_RULES.filter((rule) => isGeneral || isAsked(rule)).map((rule) =>
    resultOf(rule, 'host', null, rule.evaluate(host), isAsked(rule)),
  );
  const ofDevices = devices.flatMap((device) =>
    DEVICE_RULES.filter((rule) => asked.purposes.length === 0 || isAsked(rule)).map((rule) =>
      resultOf(rule, 'device', device.address, rule.evaluate(device, host), isAsked(rule)),
    ),
  );
  const ofMachines = machinesToCheck(host.machines, asked).flatMap((each) =>
    MACHINE_RULES.filter(isAsked).map((rule) =>
      resultOf(rule, 'machine', each.name, rule.evaluate(each, host), true),
    ),
  );
  return [...ofHost, ...ofDevices, ...ofMachines];
}

function wantedPurposes({ purposes, devices, machine }: Asked): readonly Purpose[] {
  if (purposes.length > 0) return purposes;
  if (machine !== null) return machine.devices.length > 0 ? USUAL : ['machines'];
  return devices.length > 0 ? ['passthrough'] : USUAL;
}

/** The requested VM; otherwise all, unless devices are requested. */
function machinesToCheck(
  machines: Known<readonly MachineNeeds[]>,
  { machine, devices }: Asked,
): readonly MachineNeeds[] {
  if (machine !== null) return [machine];
  return devices.length > 0 ? [] : (knownValue(machines) ?? []);
}

function resultOf(
  rule: HostRule | DeviceRule | MachineRule,
  scope: CheckResult['scope'],
  subject: string | null,
  verdict: Verdict,
  isAsked: boolean,
): CheckResult {
  return { rule, scope, subject, outcome: outcomeOf(verdict, rule, isAsked), verdict };
}

function outcomeOf(verdict: Verdict, rule: HostRule | DeviceRule | MachineRule, isAsked: boolean): Outcome {
  switch (verdict.kind) {
    case 'holds':
      return 'pass';
    case 'violated':
      return isAsked ? (verdict.grade ?? rule.grade) : 'note';
    case 'unknown':
      return 'unknown';
    case 'not-applicable':
      return 'apart';
  }
}
