import { PortalGunError } from '../../base/errors.ts';
import type { FileStore } from '../../host/file-store.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { findMachineMetadata } from '../../libvirt/machine/machine-metadata.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import { childText } from '../../libvirt/xml/xml-element.ts';
import { MACHINE_NAME } from '../../machines/definition/definition-form.ts';
import {
  type EventRecord,
  formatEventRecord,
  type ScriptResult,
} from '../../machines/events/event-record.ts';
import { parseScripts, type ScriptEntry } from '../../machines/events/event-scripts.ts';
import { installedFolder } from '../../machines/events/installed-scripts.ts';
import { type EventScript, isHostEvent, scriptsOf } from '../../machines/events/machine-event.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { eventLog } from './event-log.ts';

/** The part of the output of a script that is kept. */
const MAX_OUTPUT_CHARACTERS = 16 * 1024;
/** The record of events is put aside when it is larger; one earlier record is kept. */
const MAX_RECORD_CHARACTERS = 1024 * 1024;
/** The lines of a script that refuses a start that are shown: libvirt prints them in one. */
const WORDS_LINES = 3;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An event of a machine. */
export interface RunEventOptions {
  readonly event: string;
  /** The XML of the VM. */
  readonly document: string | Uint8Array;
  /** Why the VM stopped, as libvirt reports it; `-` if it reports none. */
  readonly reason?: string | undefined;
  /** The device that was added or removed. */
  readonly device?: string | undefined;
}

/** What was run for an event. */
export interface RanEvent {
  /** `null` if the machine has no script for it. */
  readonly record: EventRecord | null;
  /** Why the record could not be written; `null` if it was. */
  readonly recordProblem: string | null;
}

/**
 * Runs the installed scripts of a machine for an event in their order, each with its time limit, and records their
 * results. libvirt calls it from a hook and waits for it, so it never calls libvirt.
 *
 * @throws PortalGunError EVENT_FAILED if a script of `prepare` failed that halts the event: the VM must not start;
 *   BAD_ARGUMENT, BAD_XML, PERMISSION_DENIED
 */
export async function runEvent(
  { ports }: HostSession,
  { event, document, reason, device }: RunEventOptions,
): Promise<RanEvent> {
  if (!isHostEvent(event)) {
    throw new PortalGunError('BAD_ARGUMENT', 'is not an event that scripts on the host run for', {
      subject: event,
    });
  }
  demandRoot(ports);
  const machine = machineIn(parseXml(document, 'the VM'));
  const files = await ports.openFiles();
  const scripts = scriptsOf(await installedScripts(files, machine.uuid), event);
  if (scripts.length === 0) return { record: null, recordProblem: null };
  const at = ports.now();
  const startedMs = ports.monotonicMs();
  const occasion = { event, reason: reason === '-' ? null : (reason ?? null), device: device ?? null };
  const results: ScriptResult[] = [];
  let isHalted = false;
  for (const script of scripts) {
    const result: ScriptResult = isHalted
      ? notRun(script)
      : await runScript(ports, machine, occasion, script);
    isHalted ||= result.outcome !== 'done' && script.onError === 'halt';
    results.push(result);
  }
  const record = { ...occasion, at, durationMs: since(ports, startedMs), scripts: results };
  const recordProblem = await keep(files, eventLog(machine.name), formatEventRecord(record));
  if (event === 'prepare' && isHalted) throw refusal(machine, scripts, results);
  return { record, recordProblem };
}

/** A machine of a project, as the XML of its VM describes it. */
interface EventMachine {
  readonly name: string;
  readonly uuid: string;
  readonly folder: string;
  readonly category: string;
  readonly document: XmlDocument;
}

/** The name is that of the folder: the VM may have been renamed. */
function machineIn(document: XmlDocument): EventMachine {
  const attributes = findMachineMetadata(document)?.element.attributes;
  const folder = attributes?.get('folder') ?? '';
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  const uuid = childText(document.root, 'uuid') ?? '';
  if (!MACHINE_NAME.test(name) || !/^[0-9a-f-]{36}$/.test(uuid)) {
    throw new PortalGunError('BAD_XML', 'is not a machine of a project', { subject: 'the VM' });
  }
  return { name, uuid, folder, category: attributes?.get('category') ?? '', document };
}

/** The scripts that only root can have written. */
async function installedScripts(files: FileStore, uuid: string): Promise<readonly EventScript[]> {
  const folder = installedFolder(uuid);
  const entries: ScriptEntry[] = [];
  for (const first of await namesIn(files, folder)) {
    for (const second of await namesIn(files, `${folder}/${first}`)) {
      const path = `${first}/${second}`;
      const text = await files.read(`${folder}/${path}`);
      if (text === null) continue;
      if (typeof text !== 'string') throw untrusted(`${folder}/${path}`, text.failed);
      entries.push({ path, kind: 'program', bytes: new TextEncoder().encode(text) });
    }
  }
  const { scripts, faults } = parseScripts(entries, folder);
  const [fault] = faults;
  if (fault !== undefined) throw untrusted(fault.at, fault.message);
  return scripts;
}

async function namesIn(files: FileStore, folder: string): Promise<readonly string[]> {
  const names = await files.list(folder);
  if ('failed' in names) throw untrusted(folder, names.failed);
  return [...new Set(names.map((name) => name.split('/')[0] ?? ''))];
}

/** A script that cannot be run is not passed over: it may be one that prevents a start. */
function untrusted(path: string, why: string): PortalGunError {
  return new PortalGunError('UNTRUSTED_SCRIPT', why, {
    subject: path,
    hint: 'install the scripts again: portal up',
  });
}

type Occasion = Pick<EventRecord, 'event' | 'reason' | 'device'>;

async function runScript(
  ports: HostPorts,
  { name, uuid, folder, category, document }: EventMachine,
  { event, reason, device }: Occasion,
  { path, order, timeoutMs }: EventScript,
): Promise<ScriptResult> {
  const environment = {
    PATH,
    LC_ALL: 'C',
    PORTAL_EVENT: event,
    PORTAL_MACHINE: name,
    PORTAL_UUID: uuid,
    PORTAL_CATEGORY: category,
    PORTAL_FOLDER: folder,
    PORTAL_REASON: reason ?? '',
    PORTAL_DEVICE: device ?? '',
  };
  let [output, printed] = ['', 0];
  const startedMs = ports.monotonicMs();
  const run = await ports.runner.run(
    'env',
    ['-i', ...Object.entries(environment).map((each) => each.join('=')), `${installedFolder(uuid)}/${path}`],
    {
      timeoutMs,
      input: document.text,
      keepsOutput: false,
      onOutput(text) {
        printed += text.length;
        output = (output + text).slice(-MAX_OUTPUT_CHARACTERS);
      },
    },
  );
  const durationMs = since(ports, startedMs);
  const result = { path, order, durationMs, output, isCut: printed > output.length };
  if (run.kind === 'exited') {
    const { exitCode } = run;
    return { ...result, outcome: exitCode === 0 ? 'done' : 'failed', exitCode, detail: null };
  }
  const detail = run.kind === 'missing' ? 'env is not installed' : run.detail;
  return { ...result, outcome: durationMs >= timeoutMs ? 'timed-out' : 'failed', exitCode: null, detail };
}

function notRun({ path, order }: EventScript): ScriptResult {
  return {
    ...{ path, order, outcome: 'not-run', exitCode: null, detail: null },
    ...{ durationMs: 0, output: '', isCut: false },
  };
}

function since({ monotonicMs }: HostPorts, startedMs: number): number {
  return Math.round(monotonicMs() - startedMs);
}

/** A record that cannot be written stops no VM. */
async function keep(
  files: FileStore,
  { path, earlier }: { readonly path: string; readonly earlier: string },
  line: string,
): Promise<string | null> {
  const text = await files.read(path);
  if (typeof text === 'string' && text.length > MAX_RECORD_CHARACTERS) await files.move(path, earlier);
  const storing = await files.append(path, line);
  return storing === 'written' ? null : `${path}: ${storing.failed}`;
}

function refusal(
  { name }: EventMachine,
  scripts: readonly EventScript[],
  results: readonly ScriptResult[],
): PortalGunError {
  const index = results.findIndex(({ outcome }, at) => outcome !== 'done' && scripts[at]?.onError === 'halt');
  const failed = results[index];
  const how = failed?.detail ?? `exit code ${failed?.exitCode ?? ''}`;
  const words = (failed?.output ?? '').trim().split('\n').slice(-WORDS_LINES).join('; ');
  return new PortalGunError(
    'EVENT_FAILED',
    `${scripts[index]?.path ?? ''}: ${words === '' ? how : `${words} (${how})`}`,
    { subject: name, hint: `portal log ${name} --events` },
  );
}
