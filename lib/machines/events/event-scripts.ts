import { quote } from '../../base/shell-command.ts';
import type { DefinitionFault } from '../definition/definition-parser.ts';
import {
  fault,
  type ParsedHeader,
  parseEventHeader,
  type ScriptFault,
  unknownEvent,
} from './event-header.ts';
import {
  type EventScript,
  isHostEvent,
  isMachineEvent,
  type MachineEvent,
  type OnError,
} from './machine-event.ts';

/** The folder of a machine that has its scripts. */
export const SCRIPTS_FOLDER = 'scripts';
export const MAX_SCRIPT_BYTES = 64 * 1024;
const MAX_SCRIPTS = 64;
const DEFAULT_ORDER = 50;
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_ON_ERROR: OnError = 'halt';
const EVENT_FOLDER = /^(.*)\.d$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
/** Editors leave such files, and people hide some. */
const PASSED_OVER = /^\.|~$/;

/** An entry of the folder `scripts`, or of a folder in it. */
export interface ScriptEntry {
  /** From the folder `scripts`: `prepare.d`, `prepare.d/10-x`, `notify`. */
  readonly path: string;
  /** What is there, without following a link; `program` is a file that can be executed. */
  readonly kind: 'file' | 'program' | 'folder' | 'link' | 'other';
  /** `null` for all but files, and for a file that is too large or cannot be read. */
  readonly bytes: Uint8Array | null;
}

/** The scripts of a machine. */
export interface ParsedScripts {
  readonly scripts: readonly EventScript[];
  readonly faults: readonly DefinitionFault[];
}

/**
 * Finds the scripts of a machine: `EVENT.d/NAME`, or `NAME` with a header that names the event. A file without a
 * header that cannot be executed is no script, for example a README.
 *
 * @param entries the folder `scripts`, with the entries of its folders
 * @param folder the path of `scripts` for faults: `machines/r0/scripts`
 */
export function parseScripts(entries: readonly ScriptEntry[], folder: string): ParsedScripts {
  const scripts: EventScript[] = [];
  const faults: DefinitionFault[] = [];
  for (const entry of entries) {
    if (entry.path.split('/').some((name) => PASSED_OVER.test(name))) continue;
    const found = parseEntry(entry);
    if (found === null) continue;
    const taken = 'event' in found ? scripts.find(({ path }) => path === found.path) : undefined;
    if (taken !== undefined) {
      const both = fault(0, `has the event and the name of ${taken.file}`, 'rename one of the two');
      faults.push(faultAt(both, entry, folder));
    } else if ('event' in found) scripts.push(found);
    else faults.push(...found.map((each) => faultAt(each, entry, folder)));
  }
  if (scripts.length > MAX_SCRIPTS) {
    const many = fault(0, `has ${scripts.length} scripts`, `use ${MAX_SCRIPTS} at most`);
    faults.push({ at: folder, message: many.message, hint: many.hint });
  }
  return { scripts, faults };
}

function faultAt(
  { line, message, hint }: ScriptFault,
  { path }: ScriptEntry,
  folder: string,
): DefinitionFault {
  const at = `${folder}/${path}`;
  return { at: `${at}${line === 0 ? '' : `:${line}`}`, message, hint: hint.replace('FILE', quote(at)) };
}

/** The script of an entry, or its faults; `null` if it is none. */
function parseEntry(entry: ScriptEntry): EventScript | readonly ScriptFault[] | null {
  const [first = '', second] = entry.path.split('/');
  const event = EVENT_FOLDER.exec(first)?.[1];
  if (entry.kind === 'link') {
    return [fault(0, 'is a symbolic link', 'replace the link by a copy of the script')];
  }
  if (second === undefined && entry.kind === 'folder') return faultsOfFolder(event);
  // The folder above has the fault.
  if (second !== undefined && (event === undefined || !isMachineEvent(event))) return null;
  if (entry.kind === 'folder' || entry.kind === 'other') {
    return [fault(0, 'is not a file', 'remove it, or move it out of the folder')];
  }
  return parseFile(entry, second ?? first, second === undefined ? null : (event ?? null));
}

function faultsOfFolder(event: string | undefined): readonly ScriptFault[] | null {
  if (event === undefined) {
    return [fault(0, 'is not a folder of an event', 'name it EVENT.d, or move it out of the folder')];
  }
  return isMachineEvent(event) ? null : [unknownEvent(event, 0)];
}

/** @param folderEvent the event of its folder; `null` for a file that only its header makes a script */
function parseFile(
  { kind, bytes }: ScriptEntry,
  name: string,
  folderEvent: string | null,
): EventScript | readonly ScriptFault[] | null {
  if (bytes === null)
    return [fault(0, `cannot be read, or is larger than ${MAX_SCRIPT_BYTES / 1024} KiB`, 'make it smaller')];
  const text = new TextDecoder().decode(bytes);
  const parsed = parseEventHeader(text);
  const isProgram = kind === 'program';
  if (folderEvent === null && parsed.line === null) {
    return isProgram
      ? [fault(0, 'names no event', 'add a line to it: # portal: on=prepare; or move it to EVENT.d')]
      : null;
  }
  const { header } = parsed;
  const event = header.on ?? folderEvent;
  const faults = [
    ...parsed.faults,
    ...eventFaults(parsed, folderEvent),
    ...(isProgram ? [] : [fault(0, 'cannot be executed', 'make it a program: chmod +x FILE')]),
    ...(NAME.test(name) ? [] : [fault(0, `its name is not valid`, 'use letters, digits, and . _ -')]),
    ...textFaults(text, bytes),
  ];
  if (faults.length > 0 || event === null || !isHostEvent(event)) return faults;
  return {
    ...{ event, text, path: `${event}.d/${name}` },
    file: `${SCRIPTS_FOLDER}/${folderEvent === null ? '' : `${folderEvent}.d/`}${name}`,
    order: header.order ?? numberOf(name) ?? DEFAULT_ORDER,
    timeoutMs: header.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    onError: header.onError ?? DEFAULT_ON_ERROR,
  };
}

function eventFaults(parsed: ParsedHeader, folderEvent: string | null): readonly ScriptFault[] {
  const { header } = parsed;
  const line = parsed.line ?? 0;
  const event: MachineEvent | string | null = header.on ?? folderEvent;
  // An event that does not exist is a fault of the header already.
  if (event === null) return parsed.faults.length > 0 ? [] : [fault(line, 'names no event', 'add on=EVENT')];
  if (folderEvent !== null && event !== folderEvent) {
    return [fault(line, `on=${event} does not match its folder ${folderEvent}.d`, 'remove on=')];
  }
  const where = isHostEvent(event) ? 'host' : 'guest';
  if (header.where !== undefined && header.where !== where) {
    return [fault(line, `where=${header.where}, but ${event} is an event of the ${where}`, 'remove where=')];
  }
  return where === 'host'
    ? []
    : [
        fault(
          line,
          `${event} is an event of the guest, and portal does not run scripts in guests yet`,
          'remove the script, or hide it: begin its name with a dot',
        ),
      ];
}

function textFaults(text: string, bytes: Uint8Array): readonly ScriptFault[] {
  if (text.includes('\0') || !Buffer.from(text).equals(Buffer.from(bytes))) {
    return [fault(0, 'is not a text in UTF-8', 'use a script that starts the program')];
  }
  const [first = ''] = text.split('\n', 1);
  if (!first.startsWith('#!'))
    return [fault(1, 'does not begin with #!', 'begin it with a line as #!/bin/sh')];
  return first.endsWith('\r')
    ? [fault(1, 'has line ends of Windows', 'convert it: sed -i "s/\\r$//" FILE')]
    : [];
}

/** The number at the beginning of a name: 10 in `10-routes`. */
function numberOf(name: string): number | null {
  const digits = /^(\d{1,3})[-_.]/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
