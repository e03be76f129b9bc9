import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { findUnreadable, remedyOf } from '../assignment/unreadable-assignments.ts';
import type { Virsh, VirshAnswer } from '../virsh.ts';
import { parseXml, type XmlDocument } from '../xml/xml-document.ts';
import { type Machine, parseMachine, type Surroundings } from './machine.ts';
import { readNetworks } from './read-networks.ts';
import { type HostLookup, NO_HOST } from './taken-functions.ts';

/** `other`: crashed, suspended by its guest, or about to stop. */
export type MachineState = 'running' | 'paused' | 'shut-off' | 'other';

/** A document of a machine, with its contents. */
export interface MachineDocument {
  readonly document: XmlDocument;
  readonly machine: Machine;
  /** Why what `pci assign` keeps in it can't be read, with line and column, and what to do; `null` where it can. */
  readonly unreadable: PortalGunError | null;
}

/** A machine that libvirt knows. At least one of its documents is there. */
export interface KnownMachine {
  readonly name: string;
  /** By which it is addressed: a name may begin with a dash, and be that of another machine tomorrow. */
  readonly uuid: string;
  readonly state: MachineState;
  /** Whether its next start restores a state that was saved (`virsh managedsave`), with the devices that it had then. */
  readonly hasManagedSave: boolean;
  /** What it will be when it is started the next time; `null` for a transient machine, which is gone when it ends. */
  readonly definition: MachineDocument | null;
  /** What it is now; `null` where it does not run. */
  readonly live: MachineDocument | null;
}

/** What is told of a machine as a whole: by its definition, or where it has none by what runs. */
export function mainDocument({ definition, live }: KnownMachine): MachineDocument {
  const main = definition ?? live;
  if (main === null) throw new RangeError('a machine without a document');
  return main;
}

export interface KnownMachines {
  /** By name. */
  readonly machines: readonly KnownMachine[];
  /** The UUIDs of those that are there, and whose document can't be read: what they are given nobody knows. */
  readonly unread: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * - `look`: over libvirt's socket for reading, without what is secret.
 * - `edit`: with passwords, which are lost from a definition that is written back without them. Never to be shown.
 */
export type ReadingPurpose = 'look' | 'edit';

type Uuids = ReadonlySet<string>;
const NONE: Uuids = new Set();

interface Lists {
  readonly persistent: Uuids;
  readonly transient: Uuids;
  readonly active: Uuids;
  readonly running: Uuids;
  readonly paused: Uuids;
  readonly saved: Uuids;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const IS_GONE = /domain not found|failed to get domain|no domain with matching/i;

/**
 * Reads all machines of a libvirt, in two or three processes of virsh, however many there are: `virsh list --uuid`, `virsh
 * dumpxml --inactive` and `virsh dumpxml` of each, and `virsh net-dumpxml` of the networks that they name. One that goes away meanwhile is left out; one whose documents make no
 * sense is told of, and hides no other.
 *
 * @param host what finds functions that documents name otherwise
 * @throws PortalGunError what {@link Virsh} throws; TOOL_FAILED where libvirt does not list its machines
 */
export async function readMachines(
  virsh: Pick<Virsh, 'runAll'>,
  purpose: ReadingPurpose,
  host: HostLookup = NO_HOST,
): Promise<KnownMachines> {
  const readOnly = purpose === 'look';
  const lists = await readLists(virsh, readOnly);
  const dumps = dumpsOf(lists, readOnly ? [] : ['--security-info']);
  const answers = await virsh.runAll(
    dumps.map(({ command }) => command),
    { readOnly },
  );
  const diagnostics: Diagnostic[] = [];
  const report = (subject: string, message: string): void => {
    diagnostics.push({ subject, code: 'MACHINE_BROKEN', message });
  };
  const networks = await readNetworks(virsh, answers, readOnly);
  const documents = new Map<string, MachineDocument | null>();
  const unread = new Set<string>();
  for (const [index, { uuid, kind }] of dumps.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    const read = readDocument(answer, uuid, kind, { networks, host }, report);
    if (read === 'broken') unread.add(uuid);
    else documents.set(`${kind} ${uuid}`, read);
  }
  const machines = [...lists.persistent, ...lists.transient].flatMap((uuid): readonly KnownMachine[] => {
    const definition = documents.get(`definition ${uuid}`) ?? null;
    const live = documents.get(`live ${uuid}`) ?? null;
    const name = (definition ?? live)?.machine.name;
    // Without its definition it would be taken for one that has none.
    if (name === undefined || (definition === null && lists.persistent.has(uuid))) return [];
    const hasManagedSave = lists.saved.has(uuid);
    return [{ name, uuid, state: stateOf(uuid, lists), hasManagedSave, definition, live }];
  });
  return { machines: machines.sort((a, b) => (a.name < b.name ? -1 : 1)), unread: [...unread], diagnostics };
}

async function readLists(virsh: Pick<Virsh, 'runAll'>, readOnly: boolean): Promise<Lists> {
  const lists = [
    ['--all', '--persistent'],
    ['--all', '--transient'],
    [],
    ['--state-running'],
    ['--state-paused'],
    ['--all', '--with-managed-save'],
  ].map((options) => ['list', '--uuid', ...options]);
  const answers = await virsh.runAll(lists, { readOnly });
  const found = answers.map(({ output, error }): Uuids => {
    if (error !== null) {
      throw new PortalGunError('TOOL_FAILED', `does not list the machines: ${error}`, { subject: 'virsh' });
    }
    const uuids = output.split('\n').map((line) => line.trim().toLowerCase());
    return new Set(uuids.filter((uuid) => UUID.test(uuid)));
  });
  const [persistent = NONE, transient = NONE, active = NONE, running = NONE, paused = NONE, saved = NONE] =
    found;
  return { persistent, transient, active, running, paused, saved };
}

/** Whether virsh says that there is no such machine. */
export function isGone(error: string): boolean {
  return IS_GONE.test(error);
}

interface Dump {
  readonly uuid: string;
  readonly kind: 'definition' | 'live';
  readonly command: readonly string[];
}

function dumpsOf({ persistent, transient, active }: Lists, more: readonly string[]): readonly Dump[] {
  const definitions = [...persistent].map(
    (uuid): Dump => ({ uuid, kind: 'definition', command: ['dumpxml', '--inactive', ...more, uuid] }),
  );
  const running = [...persistent, ...transient].filter((uuid) => active.has(uuid) || transient.has(uuid));
  return [
    ...definitions,
    ...running.map((uuid): Dump => ({ uuid, kind: 'live', command: ['dumpxml', ...more, uuid] })),
  ];
}

function stateOf(uuid: string, { active, running, paused }: Lists): MachineState {
  if (running.has(uuid)) return 'running';
  if (paused.has(uuid)) return 'paused';
  return active.has(uuid) ? 'other' : 'shut-off';
}

/** A document; `null` where its machine is gone. */
function readDocument(
  { output, error }: VirshAnswer,
  uuid: string,
  kind: Dump['kind'],
  surroundings: Surroundings,
  report: (subject: string, message: string) => void,
): MachineDocument | null | 'broken' {
  if (error !== null) {
    if (isGone(error)) return null;
    report(uuid, `its document can't be read: ${error}`);
    return 'broken';
  }
  const problems: string[] = [];
  try {
    const parsed = parseXml(output, uuid);
    const machine = parseMachine(parsed, (message) => problems.push(message), surroundings);
    const document = { ...parsed, name: machine.name };
    const unreadable = findUnreadable(document, machine, kind);
    for (const problem of problems) report(machine.name, problem);
    if (unreadable !== null) {
      report(
        unreadable.subject ?? uuid,
        `${unreadable.message}; pci assign leaves this machine out: ${remedyOf(machine, kind)}`,
      );
    }
    return { document, machine, unreadable };
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    report(thrown.subject ?? uuid, `its document ${thrown.message}`);
    return 'broken';
  }
}
