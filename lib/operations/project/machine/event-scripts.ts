import { type HostReader, isFailure } from '../../../host/host-reader.ts';
import { consolePortsOf } from '../../../libvirt/machine/console-ports.ts';
import type { KnownMachine, KnownMachines } from '../../../libvirt/machine/read-machines.ts';
import { EVENTS_FOLDER, installedFolder } from '../../../machines/events/installed-scripts.ts';
import { type ScriptsOfMachine, scriptDifferences, scriptSteps } from '../../../plan/machines/event-steps.ts';
import { directoryStep } from '../../../plan/machines/machine-steps.ts';
import type { Step } from '../../../plan/plan.ts';
import { removeEventHookSteps, toldHookSteps } from '../../assignment/start-hook.ts';
import type { HostSession } from '../../session/host-session.ts';
import type { Project } from '../open-project.ts';
import type { OpenedMachines, ProjectMachine } from '../project-machines.ts';
import { demandScripts, readFolderScripts } from './folder-scripts.ts';

/**
 * The steps that install the scripts of machines, and the hook that runs them and relays consoles.
 *
 * @param known all VMs of the libvirt
 * @throws PortalGunError BAD_DEFINITION, UNTRUSTED_SCRIPT, CANNOT_GUARD
 */
export function eventSteps(
  session: HostSession,
  uri: string,
  { project, machines }: OpenedMachines,
  known: KnownMachines,
): readonly Step[] {
  const { reader } = session.ports;
  const scripts = machines.map(({ folder, machine }) => ({
    ...{ name: folder.name, uuid: machine.uuid, seesConsoles: machine.consoles.length > 0 },
    wanted: demandScripts(session, project, folder),
    installed: readInstalled(reader, machine.uuid),
  }));
  const steps = scripts.flatMap((each) => scriptSteps(each, (path) => isThere(reader, path)));
  const hook = scripts.some(({ wanted, seesConsoles }) => wanted.length > 0 || seesConsoles)
    ? toldHookSteps(session, 'events', uri)
    : lastHookSteps(
        session,
        known,
        scripts.map(({ uuid }) => uuid),
      );
  return [...steps, ...hook];
}

/**
 * The steps that remove the scripts of machines from the host, and the hook with the last machine that needs it.
 *
 * @param known all VMs of the libvirt
 */
export function endOfScripts(
  session: HostSession,
  { machines }: OpenedMachines,
  known: KnownMachines,
): readonly Step[] {
  const { reader } = session.ports;
  const uuids = machines.map(({ machine }) => machine.uuid);
  return [
    ...lastHookSteps(session, known, uuids),
    ...uuids
      .map(installedFolder)
      .filter((path) => isThere(reader, path))
      .map((path) => directoryStep(path, false, true)),
  ];
}

/** How long libvirt may wait for the scripts of a machine, all events together; scripts with faults are left out. */
export function scriptSecondsOf(project: Project, { folder }: Pick<ProjectMachine, 'folder'>): number {
  const { scripts } = readFolderScripts(project, folder);
  return Math.ceil(scripts.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0) / 1000);
}

/** How the scripts of a machine on the host differ from those in its folder, in words. */
export function scriptsDiffer(
  { ports }: HostSession,
  project: Project,
  { folder, machine }: ProjectMachine,
): readonly string[] {
  const { scripts, faults } = readFolderScripts(project, folder);
  return [
    ...faults.map(({ at, message }) => `${at}: ${message}`),
    ...scriptDifferences({
      ...{ name: folder.name, uuid: machine.uuid, wanted: scripts },
      installed: readInstalled(ports.reader, machine.uuid),
    }),
  ];
}

/**
 * The step that removes the hook, if no other machine needs it. A VM that cannot be read may need it.
 *
 * @param ending the machines that have neither scripts nor consoles of others afterwards
 */
function lastHookSteps(
  session: HostSession,
  { machines, unread }: KnownMachines,
  ending: readonly string[],
): readonly Step[] {
  const others = [
    ...namesIn(session.ports.reader, EVENTS_FOLDER),
    ...machines.filter(seesConsoles).map(({ uuid }) => uuid),
    ...unread,
  ];
  return others.some((uuid) => !ending.includes(uuid)) ? [] : removeEventHookSteps(session);
}

function seesConsoles({ definition, live }: KnownMachine): boolean {
  return [definition, live].some((each) => each !== null && consolePortsOf(each.document).length > 0);
}

function readInstalled(reader: HostReader, uuid: string): ScriptsOfMachine['installed'] {
  const folder = installedFolder(uuid);
  return new Map(
    namesIn(reader, folder).flatMap((first) =>
      namesIn(reader, `${folder}/${first}`).map((second) => {
        const text = reader.readText(`${folder}/${first}/${second}`);
        return [`${first}/${second}`, typeof text === 'string' ? text : ''] as const;
      }),
    ),
  );
}

function namesIn(reader: HostReader, path: string): readonly string[] {
  const names = reader.list(path);
  return names === null || isFailure(names) ? [] : names;
}

function isThere(reader: HostReader, path: string): boolean {
  const names = reader.list(path);
  return names !== null && !isFailure(names);
}
