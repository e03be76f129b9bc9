import { readNetwork } from '../../apply/changes/machine/network.ts';
import { PortalGunError } from '../../base/errors.ts';
import { Problem } from '../../base/problem.ts';
import { isFailure } from '../../host/host-reader.ts';
import { type KnownMachine, type KnownMachines, readMachines } from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { childOf } from '../../libvirt/xml/xml-element.ts';
import { isEphemeral, overlayPath } from '../../machines/domain/disks.ts';
import { isIsolatedNetwork, libvirtNetworkName } from '../../machines/network/network-name.ts';
import type { ResolvedMachine } from '../../machines/resolved-machine.ts';
import {
  definitionStep,
  directoriesOf,
  directoryStep,
  imageOf,
  imageStep,
  networkStep,
  powerStep,
} from '../../plan/machines/machine-steps.ts';
import type { Plan, Step } from '../../plan/plan.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import type { MachineNames } from './choose-machines.ts';
import { findVms, type MachineVms } from './find-vms.ts';
import { demandLocalLibvirt } from './local-libvirt.ts';
import { endOfScripts, scriptSecondsOf } from './machine/event-scripts.ts';
import { knownHypervisor } from './machine/hypervisor.ts';
import { lastHookSteps } from './machine/last-hook.ts';
import { type OpenedMachines, openMachines, type ProjectMachine } from './project-machines.ts';
import { stateOf } from './propose-up.ts';

/** The default time for a guest to shut down. */
export const DEFAULT_GRACE_SECONDS = 60;

const RESTARTED = 'if a step fails, the VMs that were stopped before it are started again';

/** Options of `portal halt`. */
export interface HaltOptions extends MachineNames {
  /** How long a guest has to shut down before its VM is ended; 0: it is ended immediately. */
  readonly graceSeconds?: number;
}

/** Options of `portal destroy`. */
export interface DestroyOptions extends HaltOptions {
  /** Whether disks and firmware variables are removed, too: no undo restores them. */
  readonly data?: boolean;
}

/** The subject of a proposal to stop machines, or to remove them. */
export interface DownSubject {
  /** The URI of the libvirt. */
  readonly connect: string;
  readonly machines: readonly { readonly name: string; readonly uuid: string; readonly state: string }[];
  /** Disks that stay. */
  readonly kept: readonly string[];
}

/**
 * Proposes to stop machines, each before the machines that it was started after.
 *
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_OURS, BAD_ARGUMENT, and the errors of reading libvirt
 */
export async function proposeHalt(
  session: HostSession,
  { graceSeconds = DEFAULT_GRACE_SECONDS, ...choice }: HaltOptions = {},
): Promise<HostProposal<DownSubject>> {
  const { virsh, opened, vms } = await openForDown(session, choice);
  const steps = reversed(opened).flatMap((each) =>
    haltSteps(virsh.uri, each, vms.get(each) ?? null, {
      graceSeconds,
      scriptSeconds: scriptSecondsOf(opened.project, each),
    }),
  );
  return proposalOfDown(virsh, opened, vms, { title: `Stop ${titleOf(opened)}`, guards: [], steps }, []);
}

/**
 * Proposes to stop machines and to remove everything that portal made for them on the host. Folders stay, and so do
 * disks unless `data` is set.
 *
 * @throws PortalGunError as {@link proposeHalt}
 */
export async function proposeDestroy(
  session: HostSession,
  { graceSeconds = DEFAULT_GRACE_SECONDS, data = false, ...choice }: DestroyOptions = {},
): Promise<HostProposal<DownSubject>> {
  const { virsh, opened, vms, known } = await openForDown(session, choice);
  const isThere = (path: string): boolean => {
    const status = session.ports.reader.status(path);
    return status !== null && !isFailure(status);
  };
  const images = opened.machines.flatMap(({ machine }) =>
    machine.disks.filter((disk) => imageOf(disk) !== null && isThere(disk.path)),
  );
  // Nothing was ever written to an ephemeral disk.
  const going = images.filter((disk) => data || isEphemeral(disk));
  const kept = images.filter((disk) => !going.includes(disk)).map(({ path }) => path);
  const stops = reversed(opened).flatMap((each) => {
    const vm = vms.get(each) ?? null;
    const { machine } = each;
    const known = { name: machine.definition.name, uuid: machine.uuid };
    return [
      ...haltSteps(virsh.uri, each, vm, {
        graceSeconds,
        scriptSeconds: scriptSecondsOf(opened.project, each),
      }),
      ...(vm?.definition == null
        ? []
        : [definitionStep(virsh.uri, known, vm.definition.document.text, null)]),
    ];
  });
  const steps: readonly Step[] = [
    ...stops,
    ...(await networkSteps(virsh, opened, vms)),
    ...lastHookSteps(session, known, new Set([...vms.values()].flatMap((vm) => vm?.uuid ?? []))),
    ...endOfScripts(session, opened, known),
    // Steps that cannot be undone come last.
    ...opened.machines.flatMap(({ machine }) =>
      directoriesOf(machine)
        .filter((path) => path !== machine.paths.state && isThere(path))
        .map((path) => directoryStep(path, false, true)),
    ),
    ...going.map((disk) => imageStep(disk.path, imageOf(disk), null)),
    ...opened.machines
      .filter(({ machine }) => isThere(machine.paths.state) && (data || isWithoutData(session, machine)))
      .map(({ machine }) => directoryStep(machine.paths.state, false, true)),
  ];
  return proposalOfDown(virsh, opened, vms, { title: `Remove ${titleOf(opened)}`, guards: [], steps }, kept);
}

/** Whether nothing but ephemeral disks is in the directory of a machine: a file that its definition does not name is data. */
function isWithoutData({ ports }: HostSession, { definition, disks, paths }: ResolvedMachine): boolean {
  const names = ports.reader.list(paths.state);
  if (names === null || isFailure(names)) return false;
  const ephemeral = disks
    .filter(isEphemeral)
    .flatMap((disk) => [disk.path, overlayPath(disk, definition.name)]);
  return names.every((name) => ephemeral.includes(`${paths.state}/${name}`));
}

async function openForDown(
  session: HostSession,
  choice: MachineNames,
): Promise<{
  readonly virsh: Virsh;
  readonly opened: OpenedMachines;
  readonly vms: MachineVms;
  /** All VMs of the libvirt. */
  readonly known: KnownMachines;
}> {
  const virsh = demandLocalLibvirt(session);
  const opened = await openMachines(session, choice, { hypervisor: knownHypervisor(session).hypervisor });
  return { virsh, opened, ...(await findVms(virsh, opened.machines)) };
}

function reversed({ machines }: OpenedMachines): OpenedMachines['machines'] {
  return machines.toReversed();
}

function haltSteps(
  uri: string,
  { machine: { definition, uuid } }: ProjectMachine,
  vm: KnownMachine | null,
  times: { readonly graceSeconds: number; readonly scriptSeconds: number },
): readonly Step[] {
  const state = stateOf(vm);
  return state === 'off' ? [] : [powerStep(uri, { name: definition.name, uuid }, state, 'off', times)];
}

/**
 * The isolated networks of machines that no other VM has a card on: those of their definitions, and those of their VMs,
 * because a definition may have changed since, or have a fault.
 */
async function networkSteps(
  virsh: Virsh,
  { machines }: OpenedMachines,
  vms: MachineVms,
): Promise<readonly Step[]> {
  const going = new Set(machines.map(({ machine }) => machine.uuid));
  const { machines: known, unread } = await readMachines(virsh, 'look');
  // If a VM cannot be read, its networks are unknown.
  if (unread.length > 0) return [];
  const used = new Set(known.filter(({ uuid }) => !going.has(uuid)).flatMap(networksOf));
  const defined = machines.flatMap(({ machine }) =>
    machine.definition.nics.flatMap(({ network }) =>
      network !== null && isIsolatedNetwork(network) ? [libvirtNetworkName(network)] : [],
    ),
  );
  const held = [...vms.values()].flatMap((vm) => (vm === null ? [] : networksOf(vm)));
  const names = new Set([...defined, ...held]);
  const steps: Step[] = [];
  for (const name of names) {
    if (used.has(name)) continue;
    const found = await readNetwork(virsh, name);
    if (found instanceof Problem)
      throw new PortalGunError('TOOL_FAILED', found.message, { subject: 'virsh' });
    if (found.network?.xml.includes('urn:portal-gun:machine:v1')) {
      steps.push(networkStep(virsh.uri, name, found.network, null));
    }
  }
  return steps;
}

function networksOf({ definition, live }: KnownMachine): readonly string[] {
  return [definition, live].flatMap((each) => {
    const devices = each === null ? undefined : childOf(each.document.root, 'devices');
    return (devices?.children ?? [])
      .filter(({ name }) => name === 'interface')
      .flatMap((device) => childOf(device, 'source')?.attributes.get('network') ?? []);
  });
}

/** Whether an undo starts a VM that an earlier step stopped: its state before was running. */
function restartsIfUndone({ steps }: Plan): boolean {
  const first = steps.findIndex(({ change }) => change.kind === 'power' && change.to === 'off');
  return first >= 0 && first < steps.length - 1;
}

function titleOf({ machines }: OpenedMachines): string {
  const [first] = machines;
  return machines.length === 1 && first !== undefined
    ? first.machine.definition.name
    : `${machines.length} machines`;
}

function proposalOfDown(
  virsh: Virsh,
  { machines }: OpenedMachines,
  vms: MachineVms,
  plan: Plan,
  kept: readonly string[],
): HostProposal<DownSubject> {
  return proposalOf<DownSubject>({
    plan,
    findings: [],
    allowed: new Set(),
    subject: {
      connect: virsh.uri,
      machines: machines.map((each) => ({
        name: each.machine.definition.name,
        uuid: each.machine.uuid,
        state: stateOf(vms.get(each) ?? null),
      })),
      kept,
    },
    inventory: { host: { label: virsh.uri }, devices: [], iommu: false, diagnostics: [] },
    notes: [
      ...(restartsIfUndone(plan) ? [RESTARTED] : []),
      ...(kept.length === 0 ? [] : [`disks stay: ${kept.join(', ')}; to remove them, too: --data`]),
    ],
    diagnostics: [],
    changesOnlyMachines: true,
  });
}
