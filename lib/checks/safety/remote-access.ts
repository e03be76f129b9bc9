import { type Finding, refusalsAmong } from '../finding.ts';
import { bootDisplay } from './rules/console/boot-display.ts';
import { console } from './rules/console/console.ts';
import { lastInputUsb } from './rules/console/last-input-usb.ts';
import { netAddress } from './rules/network/net-address.ts';
import { netDefaultRoute } from './rules/network/net-default-route.ts';
import { netRoute } from './rules/network/net-route.ts';
import { netStack } from './rules/network/net-stack.ts';
import { session } from './rules/network/session.ts';

const RULES = [session, netAddress, netDefaultRoute, netRoute, netStack, bootDisplay, console, lastInputUsb];
const NAMES: readonly string[] = RULES.map(({ name }) => name);

/** Whether a change would cut off the access that a user needs to reach the host and undo it. */
export function takesWayIn(findings: readonly Finding[], allowed: ReadonlySet<string>): boolean {
  return (
    refusalsAmong(findings, allowed).length === 0 &&
    findings.some(({ name, severity }) => NAMES.includes(name) && severity !== 'warns')
  );
}
