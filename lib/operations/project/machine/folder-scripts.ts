import { PortalGunError } from '../../../base/errors.ts';
import type { UserFiles } from '../../../host/user-files.ts';
import {
  MAX_SCRIPT_BYTES,
  type ParsedScripts,
  parseScripts,
  SCRIPTS_FOLDER,
  type ScriptEntry,
} from '../../../machines/events/event-scripts.ts';
import type { EventScript } from '../../../machines/events/machine-event.ts';
import type { HostSession } from '../../session/host-session.ts';
import { MACHINES_FOLDER, type MachineFolder, type Project } from '../open-project.ts';

/** Reads the scripts of a machine, with their faults. */
export function readFolderScripts({ files }: Project, { name, path }: MachineFolder): ParsedScripts {
  const folder = `${MACHINES_FOLDER}/${name}/${SCRIPTS_FOLDER}`;
  const at = `${path}/${SCRIPTS_FOLDER}`;
  const kind = files.entry(at);
  if (kind === null) return { scripts: [], faults: [] };
  if (kind !== 'folder') {
    const hint = 'replace it by a directory with the scripts';
    return { scripts: [], faults: [{ at: folder, message: 'is not a directory', hint }] };
  }
  return parseScripts(
    namesIn(files, at).flatMap((first) => entriesAt(files, at, first)),
    folder,
  );
}

function namesIn(files: UserFiles, path: string): readonly string[] {
  return files.list(path) ?? [];
}

function entriesAt(files: UserFiles, at: string, first: string): readonly ScriptEntry[] {
  const entry = entryAt(files, at, first);
  if (entry.kind !== 'folder') return [entry];
  return [entry, ...namesIn(files, `${at}/${first}`).map((name) => entryAt(files, at, `${first}/${name}`))];
}

function entryAt(files: UserFiles, at: string, path: string): ScriptEntry {
  const kind = files.entry(`${at}/${path}`) ?? 'other';
  return {
    path,
    kind,
    bytes: kind === 'file' || kind === 'program' ? bytesOf(files, `${at}/${path}`) : null,
  };
}

function bytesOf(files: UserFiles, path: string): Uint8Array | null {
  try {
    return files.read(path, MAX_SCRIPT_BYTES, 'BAD_DEFINITION');
  } catch (error) {
    if (error instanceof PortalGunError) return null;
    throw error;
  }
}

/**
 * The scripts of a machine that root may run: without a fault, and only root, or the user who calls sudo, can change
 * them.
 *
 * @throws PortalGunError BAD_DEFINITION, UNTRUSTED_SCRIPT
 */
export function demandScripts(
  { ports }: HostSession,
  project: Project,
  folder: MachineFolder,
): readonly EventScript[] {
  const { scripts, faults } = readFolderScripts(project, folder);
  const [fault] = faults;
  if (fault !== undefined) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more: portal check ${folder.name})` : '';
    throw new PortalGunError('BAD_DEFINITION', `${fault.message}${more}`, {
      subject: fault.at,
      ...(fault.hint === null ? {} : { hint: fault.hint }),
    });
  }
  const caller = ports.user.variable('SUDO_UID');
  const owner = ports.user.isRoot && caller !== null && /^\d{1,10}$/.test(caller) ? Number(caller) : null;
  for (const { file, event } of scripts) {
    const distrust = project.files.distrustOf(`${folder.path}/${file}`, owner);
    if (distrust === null) continue;
    throw new PortalGunError('UNTRUSTED_SCRIPT', `${distrust.what}, and root would run it on ${event}`, {
      subject: distrust.path,
      hint: `let only root, or you with sudo, change it: chmod go-w, or chown; then portal up ${folder.name}`,
    });
  }
  return scripts;
}
