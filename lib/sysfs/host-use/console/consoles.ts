import { BROKEN, isUnknown, type Known, knownValue } from '../../../base/known.ts';
import type { HostConsole } from '../../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress } from '../../../pci/address.ts';
import { moduleParameterPath, PROC_PATHS, SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { functionIn, readAttribute } from '../known-reading.ts';

type Source = HostConsole['source'];

/**
 * The destinations of kernel messages, now or at the next start: `/sys/class/tty/console/active` (`tty0 ttyS0`), each
 * `console=ttyS0,115200` of the kernel command line whose terminal exists, terminals of kgdb, early consoles with
 * `keep`, and the interfaces of netconsole.
 */
export function readConsoles(host: HostReader): Known<readonly HostConsole[]> {
  const active = readAttribute(host, SYS_PATHS.activeConsoles);
  if (isUnknown(active)) return active;
  const commandLine = readAttribute(host, PROC_PATHS.commandLine);
  if (isUnknown(commandLine)) return commandLine;
  const now = (active ?? '').split(/\s+/).filter((word) => word !== '');
  if (!now.every((name) => /^[\w-]{1,32}$/.test(name))) return BROKEN;
  const words = (commandLine ?? '').split(/\s+/);
  const set = words.flatMap((word) => /^console=([\w-]{1,32})(?:,|$)/.exec(word)?.[1] ?? []);
  const consoles: HostConsole[] = [];
  const add = (name: string, directory: string, source: Source, isSure: boolean): Known<never> => {
    const target = knownOf(host.readLink(`${directory}/${name}`));
    if (isUnknown(target)) return target;
    if (target !== null || isSure) {
      consoles.push({ name, source, function: target === null ? null : functionIn(target) });
    }
    return null;
  };
  const asked = [
    ...now.map((name) => add(name, SYS_PATHS.ttyClass, 'active', true)),
    ...set
      .filter((name) => !now.includes(name))
      .map((name) => add(name, SYS_PATHS.ttyClass, 'command line', false)),
  ];
  const debugged = readDebugger(host, words);
  if (isUnknown(debugged)) return debugged;
  asked.push(...(debugged ?? []).map((name) => add(name, SYS_PATHS.ttyClass, 'debugger', false)));
  consoles.push(...words.flatMap(earlyConsole));
  const interfaces = readNetconsole(host, words);
  if (isUnknown(interfaces)) return interfaces;
  asked.push(...(interfaces ?? []).map((name) => add(name, SYS_PATHS.netClass, 'netconsole', true)));
  const unknown = asked.find(isUnknown);
  if (unknown !== undefined) return unknown;
  return active === null && consoles.length === 0 ? null : consoles;
}

/** The terminals of kgdb: `kgdboc=kms,ttyS4,115200`, on the command line or set later. */
function readDebugger(host: HostReader, words: readonly string[]): Known<readonly string[]> {
  const now = readAttribute(host, moduleParameterPath('kgdboc', 'kgdboc'));
  if (isUnknown(now) && now.unknown !== 'unread') return now;
  const set = words.filter((word) => word.startsWith('kgdboc=')).map((word) => word.slice('kgdboc='.length));
  const names = [knownValue(now) ?? '', ...set].flatMap((value) => value.split(','));
  return [...new Set(names.filter((name) => /^tty\w{1,29}$/.test(name)))];
}

/**
 * Early destinations of messages that stay active (`keep`): `earlyprintk=pciserial,force,01:00.0,115200,keep` is a
 * function by its address, `earlyprintk=xdbc,keep` is some USB controller.
 */
function earlyConsole(word: string): readonly HostConsole[] {
  const [, kind = '', rest = ''] = /^earlyprintk=(pciserial|xdbc|dbgp)\d*(,.*)$/.exec(word) ?? [];
  if (!/,keep(,|$)/.test(rest)) return [];
  const at = `0000:${/,([0-9a-f]{1,2}:[0-9a-f]{2}\.[0-7])/.exec(rest)?.[1]?.padStart(7, '0')}`;
  return [{ name: kind, source: 'early', function: isPciAddress(at) ? at : null }];
}

/**
 * The interfaces of netconsole: `dev_name` of each enabled target in configfs, and those of the kernel command line
 * (`netconsole=@10.0.0.5/eth1,@10.0.0.2/`). If it is active (`netcon0` in `/proc/consoles`) with an unknown
 * interface, the name is `?`.
 */
function readNetconsole(host: HostReader, words: readonly string[]): Known<readonly string[]> {
  const found = new Set<string>();
  for (const word of words) {
    const over = /^(?:netconsole\.)?netconsole=[^/]*\/([^,/]+),/.exec(word)?.[1];
    if (over !== undefined) found.add(over);
  }
  const targets = knownOf(host.list(SYS_PATHS.netconsoleTargets));
  if (isUnknown(targets) && targets.unknown !== 'unread') return targets;
  for (const target of knownValue(targets) ?? []) {
    const enabled = readAttribute(host, `${SYS_PATHS.netconsoleTargets}/${target}/enabled`);
    if (isUnknown(enabled)) return enabled;
    if (enabled !== '1') continue;
    const name = readAttribute(host, `${SYS_PATHS.netconsoleTargets}/${target}/dev_name`);
    if (isUnknown(name)) return name;
    if (name !== null) found.add(name);
  }
  const atWork = readAttribute(host, USE_PATHS.consoles);
  if (isUnknown(atWork) && atWork.unknown !== 'unread') return atWork;
  if (found.size === 0 && /^netcon/m.test(knownValue(atWork) ?? '')) found.add('?');
  return [...found];
}
