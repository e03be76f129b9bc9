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

/** A document of a VM, with its contents. */
export interface MachineDocument {
  readonly document: XmlDocument;
  readonly machine: Machine;
  /** Why its assignment records cannot be read, with line, column and hint; `null` if they can. */
  readonly unreadable: PortalGunError | null;
}

/** A VM of libvirt. It has at least one document. */
export interface KnownMachine {
  readonly name: string;
  /** The key of the VM: a name may begin with a dash, and may belong to another VM later. */
  readonly uuid: string;
  readonly state: MachineState;
  /** Whether its next start restores a saved state (`virsh managedsave`), with the devices of that time. */
  readonly hasManagedSave: boolean;
  /** Its configuration for the next start; `null` for a transient VM, which is lost when it stops. */
  readonly definition: MachineDocument | null;
  /** Its current state; `null` if it does not run. */
  readonly live: MachineDocument | null;
}

/** The document for facts about the VM as a whole: its definition, or for a transient VM the live document. */
export function mainDocument({ definition, live }: KnownMachine): MachineDocument {
  const main = definition ?? live;
  if (main === null) throw new RangeError('a machine without a document');
  return main;
}

export interface KnownMachines {
  /** By name. */
  readonly machines: readonly KnownMachine[];
  /** The UUIDs of existing VMs whose document cannot be read: their devices are unknown. */
  readonly unread: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * - `look`: over the read-only socket of libvirt, without secrets.
 * - `edit`: with passwords, because a definition that is written back without them would lose them. Never shown.
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
 * Reads all VMs of a libvirt, in two or three processes of virsh, however many there are: `virsh list --uuid`, `virsh
 * dumpxml --inactive` and `virsh dumpxml` of each, and `virsh net-dumpxml` of their networks. A VM that disappears in
 * the meantime is omitted. A VM with invalid documents is reported, and hides no other.
 *
 * @param host finds functions by other names in documents
 * @throws PortalGunError the errors of {@link Virsh}; TOOL_FAILED if libvirt does not list its VMs
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
    // Without its definition it would look like a transient VM.
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
      throw new PortalGunError('TOOL_FAILED', `cannot list the VMs: ${error}`, { subject: 'virsh' });
    }
    const uuids = output.split('\n').map((line) => line.trim().toLowerCase());
    return new Set(uuids.filter((uuid) => UUID.test(uuid)));
  });
  const [persistent = NONE, transient = NONE, active = NONE, running = NONE, paused = NONE, saved = NONE] =
    found;
  return { persistent, transient, active, running, paused, saved };
}

/** Whether virsh reports that there is no such VM. */
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

/** A document; `null` if its VM no longer exists. */
function readDocument(
  { output, error }: VirshAnswer,
  uuid: string,
  kind: Dump['kind'],
  surroundings: Surroundings,
  report: (subject: string, message: string) => void,
): MachineDocument | null | 'broken' {
  if (error !== null) {
    if (isGone(error)) return null;
    report(uuid, `cannot read its XML: ${error}`);
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
        `${unreadable.message}; pci assign skips this VM: ${remedyOf(machine, kind)}`,
      );
    }
    return { document, machine, unreadable };
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    report(thrown.subject ?? uuid, `its document ${thrown.message}`);
    return 'broken';
  }
}
