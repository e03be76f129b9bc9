import { readNetwork } from '../../apply/changes/machine/network.ts';
import { PortalGunError } from '../../base/errors.ts';
import { Problem } from '../../base/problem.ts';
import { isFailure } from '../../host/host-reader.ts';
import { parseMachine } from '../../libvirt/machine/machine.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { parseXml } from '../../libvirt/xml/xml-document.ts';
import {
  type DefinitionDifference,
  definitionDifferences,
  formatDifference,
} from '../../machines/domain/normal-form.ts';
import { withDefinition } from '../../machines/domain/with-definition.ts';
import { isIsolatedNetwork, libvirtNetworkName } from '../../machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../machines/network/network-text.ts';
import { networkUuid, projectMark } from '../../machines/project/locked-values.ts';
import type { LockedMachine } from '../../machines/project/portal-lock.ts';
import type { PowerState } from '../../plan/changes/machine/power.ts';
import {
  definitionStep,
  directoriesOf,
  directoryStep,
  imageOf,
  imageStep,
  networkStep,
  powerStep,
} from '../../plan/machines/machine-steps.ts';
import type { Step } from '../../plan/plan.ts';
import { toldHookSteps } from '../assignment/start-hook.ts';
import { demandSoundFiles } from '../boot/resolve-boot.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { provisioningNotes } from '../provision/provisioning-notes.ts';
import type { HostSession } from '../session/host-session.ts';
import type { MachineNames } from './choose-machines.ts';
import { findVms } from './find-vms.ts';
import { demandLocalLibvirt } from './local-libvirt.ts';
import { eventSteps, scriptSecondsOf } from './machine/event-scripts.ts';
import { hypervisorHere } from './machine/hypervisor.ts';
import { lastHookSteps } from './machine/last-hook.ts';
import {
  type DevicesOfMachine,
  type DeviceTarget,
  type MachineDevices,
  planDevices,
} from './machine/machine-devices.ts';
import { renderedDocument } from './machine/rendered-document.ts';
import { type OpenedMachines, openMachines, type ProjectMachine } from './project-machines.ts';
import { oldBootNotes } from './start/old-boot-notes.ts';
import { demandStartable } from './start/start-obstacles.ts';

/** Options of `portal up`. */
export interface UpOptions extends MachineNames {
  /** Whether the machines are started paused, for a console script. */
  readonly paused?: boolean;
  /** The names of safety rules that are lifted. */
  readonly allow?: readonly string[];
}

/** The result for a machine. */
export interface RaisedMachine {
  readonly name: string;
  readonly uuid: string;
  readonly category: string;
  /** Before. */
  readonly state: PowerState;
  /** The differences between its definition in libvirt and its folder. */
  readonly differences: readonly string[];
  /** Whether it runs, and needs a restart to use its new definition. */
  readonly needsRestart: boolean;
}

/** The subject of a proposal to bring machines up. */
export interface UpSubject {
  /** The URI of the libvirt. */
  readonly connect: string;
  /** The directory of the project. */
  readonly root: string;
  readonly machines: readonly RaisedMachine[];
  readonly opened: OpenedMachines;
  /** The records of the devices of each machine for the lock file, by its name. */
  readonly devices: ReadonlyMap<string, LockedMachine['devices']>;
  /** For users: what a second plan provisions the machines with. */
  readonly provisioning: readonly string[];
}

/**
 * Proposes to create the VMs of machines, or to change them as their folders say, and to start them; with those that
 * they start after.
 *
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_IN_STORE, NOT_OURS, CANNOT_START, STORE_FAILED, BAD_ARGUMENT,
 *   and the errors of reading libvirt
 */
export async function proposeUp(
  session: HostSession,
  options: UpOptions = {},
): Promise<HostProposal<UpSubject>> {
  const virsh = demandLocalLibvirt(session);
  const hypervisor = await hypervisorHere(session, virsh);
  const opened = await openMachines(session, options, {
    hypervisor,
    ...{ withNeeded: true, demandsStore: true },
  });
  const { vms, known } = await findVms(virsh, opened.machines);
  const starting = opened.machines.filter((each) => stateOf(vms.get(each) ?? null) === 'off');
  const unsure = await demandStartable(session, virsh, starting, hypervisor);
  await demandSoundFiles(
    session.ports,
    starting.flatMap(({ machine: { kernel } }) => [kernel?.kernel ?? [], kernel?.initrd ?? []].flat()),
  );
  const networks = await networkSteps(virsh, opened);
  const drafts = opened.machines.map((each) => draftOf(each, vms.get(each) ?? null));
  const devices = await planDevices(session, virsh.uri, drafts, known.machines);
  const raised = drafts.map((draft) =>
    raise(session, virsh.uri, draft, devices, {
      paused: options.paused ?? false,
      scriptSeconds: scriptSecondsOf(opened.project, draft.each),
    }),
  );
  const leaving = drafts.filter(({ each }) => devicesOf(devices, each)?.functions.length === 0);
  const isGuarded = [...devices.assignments.values()].some(({ functions }) => functions.length > 0);
  const steps = [
    ...networks,
    ...(isGuarded ? toldHookSteps(session, 'start', virsh.uri) : []),
    ...eventSteps(session, virsh.uri, opened, known),
    ...raised.flatMap((each) => each.steps),
    ...(isGuarded ? [] : lastHookSteps(session, known, new Set(leaving.map(({ vm }) => vm.uuid)))),
  ];
  const names = raised.map(({ subject }) => subject.name);
  return proposalOf<UpSubject>({
    plan: {
      title: `Bring ${names.length === 1 ? names[0] : `${names.length} machines`} up`,
      guards: devices.guards,
      steps,
    },
    findings: steps.length === 0 ? [] : devices.findings,
    allowed: allowedOf(options.allow ?? []),
    subject: {
      ...{ connect: virsh.uri, root: opened.project.root, opened },
      machines: raised.map(({ subject }) => subject),
      devices: new Map([...devices.assignments].map(([name, { locked }]) => [name, locked])),
      provisioning: provisioningNotes(opened),
    },
    inventory: devices.inventory ?? {
      host: { label: virsh.uri },
      devices: [],
      iommu: false,
      diagnostics: [],
    },
    notes: [
      ...unsure,
      ...(await oldBootNotes(session.ports, starting)),
      ...raised
        .filter(({ subject }) => subject.needsRestart)
        .map(
          ({ subject }) =>
            `${subject.name} runs as it was started; to apply the change: portal reload ${subject.name}`,
        ),
    ],
    diagnostics: [],
    changesOnlyMachines: true,
  });
}

/** A machine with its VM, and the definition that this will have before it gets devices. */
interface Draft extends DeviceTarget {
  /** `null` if it is not there yet. */
  readonly before: KnownMachine | null;
  readonly differences: readonly string[];
}

function draftOf(each: ProjectMachine, before: KnownMachine | null): Draft {
  const { machine } = each;
  const rendered = renderedDocument(each);
  const found = before?.definition?.document ?? null;
  const differences = found === null ? [] : definitionDifferences(rendered, found);
  const document =
    found === null
      ? rendered
      : differences.length === 0
        ? found
        : parseXml(withDefinition(found, rendered), machine.definition.name);
  const definition = { document, machine: parseMachine(document, () => undefined), unreadable: null };
  return {
    ...{ each, before },
    differences: wordsOf(differences),
    vm: {
      ...{ name: machine.definition.name, uuid: machine.uuid, live: before?.live ?? null },
      ...{ state: before?.state ?? 'shut-off', hasManagedSave: before?.hasManagedSave ?? false, definition },
    },
  };
}

/** The differences for a user. The mark of the folder changes with each of them, so it is shown only on its own. */
function wordsOf(differences: readonly DefinitionDifference[]): readonly string[] {
  const told = differences.filter(({ part }) => !part.startsWith('metadata ') && part !== 'current memory');
  return (told.length > 0 ? told : differences).map(formatDifference);
}

export function stateOf(vm: KnownMachine | null): PowerState {
  if (vm === null || vm.state === 'shut-off') return 'off';
  return vm.state === 'running' ? 'running' : 'paused';
}

/** The isolated networks of machines that are missing, or do not run. */
async function networkSteps(virsh: Virsh, { machines, seed }: OpenedMachines): Promise<readonly Step[]> {
  const wanted = new Set(
    machines.flatMap(({ machine }) =>
      machine.definition.nics.flatMap(({ network }) =>
        network !== null && isIsolatedNetwork(network) ? [network] : [],
      ),
    ),
  );
  const steps: Step[] = [];
  for (const network of wanted) {
    const name = libvirtNetworkName(network);
    const found = await readNetwork(virsh, name);
    if (found instanceof Problem)
      throw new PortalGunError('TOOL_FAILED', found.message, { subject: 'virsh' });
    const xml = renderIsolatedNetwork({
      network,
      uuid: networkUuid(seed, network),
      project: projectMark(seed),
    });
    const to = { xml: found.network?.xml ?? xml, active: true, autostart: found.network?.autostart ?? false };
    if (found.network === null)
      steps.push(networkStep(virsh.uri, name, null, { xml, active: true, autostart: false }));
    else if (!found.network.active) steps.push(networkStep(virsh.uri, name, found.network, to));
  }
  return steps;
}

interface Raised {
  readonly subject: RaisedMachine;
  readonly steps: readonly Step[];
}

function raise(
  { ports }: HostSession,
  uri: string,
  { each, before, vm, differences }: Draft,
  planned: MachineDevices,
  { paused, scriptSeconds }: { readonly paused: boolean; readonly scriptSeconds: number },
): Raised {
  const { machine } = each;
  const { definition, disks } = machine;
  const state = stateOf(before);
  const goal = goalOf(state, paused);
  const devices = devicesOf(planned, each);
  const isThere = (path: string): boolean => {
    const status = ports.reader.status(path);
    return status !== null && !isFailure(status);
  };
  const found = before?.definition?.document.text ?? null;
  const after = vm.definition.document.text;
  const changes = [
    ...(found === after ? [] : [definitionStep(uri, vm, found, after, differences)]),
    ...(devices?.steps ?? []),
  ];
  const steps = [
    ...directoriesOf(machine)
      .filter((path) => !isThere(path))
      // If this is undone, everything in it was created since: the log, firmware variables.
      .map((path) => directoryStep(path, true, true)),
    ...disks.flatMap((disk): readonly Step[] => {
      const image = imageOf(disk);
      return image === null || isThere(disk.path) ? [] : [imageStep(disk.path, null, image)];
    }),
    ...changes,
    ...(state === goal
      ? []
      : [powerStep(uri, vm, state, goal, { functions: devices?.functions ?? [], scriptSeconds })]),
  ];
  const subject: RaisedMachine = {
    ...{ name: definition.name, uuid: machine.uuid, category: definition.category, state, differences },
    needsRestart: state !== 'off' && changes.length > 0,
  };
  return { subject, steps };
}

function devicesOf(
  { assignments }: MachineDevices,
  { machine }: ProjectMachine,
): DevicesOfMachine | undefined {
  return assignments.get(machine.definition.name);
}

function goalOf(state: PowerState, paused: boolean): PowerState {
  if (state === 'off') return paused ? 'paused' : 'running';
  return state === 'paused' && !paused ? 'running' : state;
}
