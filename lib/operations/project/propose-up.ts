import { readNetwork } from '../../apply/changes/network.ts';
import { PortalGunError } from '../../base/errors.ts';
import { Problem } from '../../base/problem.ts';
import type { Finding } from '../../checks/finding.ts';
import { isFailure } from '../../host/host-reader.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { definitionDifferences, formatDifference } from '../../machines/domain/normal-form.ts';
import { withDefinition } from '../../machines/domain/with-definition.ts';
import { isIsolatedNetwork, libvirtNetworkName } from '../../machines/network/network-name.ts';
import { renderIsolatedNetwork } from '../../machines/network/network-text.ts';
import { networkUuid, projectMark } from '../../machines/project/locked-values.ts';
import type { PowerState } from '../../plan/changes/power.ts';
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
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import type { MachineNames } from './choose-machines.ts';
import { hypervisorHere } from './hypervisor.ts';
import { demandLocalLibvirt } from './local-libvirt.ts';
import { findVms, type OpenedMachines, openMachines, type ProjectMachine } from './project-machines.ts';
import { demandStartable } from './start-obstacles.ts';

/** Options of `portal up`. */
export interface UpOptions extends MachineNames {
  /** Whether the machines are started with their processors standing still, for a console script. */
  readonly paused?: boolean;
}

/** What becomes of a machine. */
export interface RaisedMachine {
  readonly name: string;
  readonly uuid: string;
  readonly category: string;
  /** Before. */
  readonly state: PowerState;
  /** In which its definition in libvirt is not what its folder says. */
  readonly differences: readonly string[];
  /** Whether it runs, and goes on as it was until it is restarted. */
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
}

/**
 * Proposes to create the VMs of machines, or to change them to what their folders say, and to start them; with those that
 * they start after.
 *
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_FOUND, NOT_OURS, CANNOT_START, BAD_ARGUMENT, and what asking libvirt throws
 */
export async function proposeUp(
  session: HostSession,
  options: UpOptions = {},
): Promise<HostProposal<UpSubject>> {
  const virsh = demandLocalLibvirt(session);
  const opened = await openMachines(session, options, await hypervisorHere(session, virsh), true);
  const vms = await findVms(virsh, opened.machines);
  const starting = opened.machines.filter((each) => stateOf(vms.get(each) ?? null) === 'off');
  await demandStartable(session, virsh, starting);
  const networks = await networkSteps(virsh, opened);
  const raised = opened.machines.map((each) =>
    raise(session, virsh.uri, each, vms.get(each) ?? null, options.paused ?? false),
  );
  const steps = [...networks, ...raised.flatMap((each) => each.steps)];
  const names = raised.map(({ subject }) => subject.name);
  return proposalOf<UpSubject>({
    plan: {
      title: `Bring ${names.length === 1 ? names[0] : `${names.length} machines`} up`,
      guards: [],
      steps,
    },
    findings: [] as readonly Finding[],
    allowed: new Set(),
    subject: {
      ...{ connect: virsh.uri, root: opened.project.root, opened },
      machines: raised.map(({ subject }) => subject),
    },
    inventory: { host: { label: virsh.uri }, devices: [], iommu: false, diagnostics: [] },
    notes: raised
      .filter(({ subject }) => subject.needsRestart)
      .map(
        ({ subject }) =>
          `${subject.name} runs as it was started; to apply the change: portal reload ${subject.name}`,
      ),
    diagnostics: [],
    changesOnlyMachines: true,
  });
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
  { machine, rendered }: ProjectMachine,
  vm: KnownMachine | null,
  paused: boolean,
): Raised {
  const { definition, uuid, disks } = machine;
  const known = { name: definition.name, uuid };
  const found = vm?.definition?.document ?? null;
  const differences = found === null ? [] : definitionDifferences(rendered, found).map(formatDifference);
  const state = stateOf(vm);
  const goal: PowerState =
    state === 'off' ? (paused ? 'paused' : 'running') : state === 'paused' && !paused ? 'running' : state;
  const isThere = (path: string): boolean => {
    const status = ports.reader.status(path);
    return status !== null && !isFailure(status);
  };
  const steps = [
    ...directoriesOf(machine)
      .filter((path) => !isThere(path))
      .map((path) => directoryStep(path, true)),
    ...disks.flatMap((disk): readonly Step[] => {
      const image = imageOf(disk);
      return image === null || isThere(disk.path) ? [] : [imageStep(disk.path, null, image)];
    }),
    ...(found === null
      ? [definitionStep(uri, known, null, rendered.text)]
      : differences.length > 0
        ? [definitionStep(uri, known, found.text, withDefinition(found, rendered), differences)]
        : []),
    ...(state === goal ? [] : [powerStep(uri, known, state, goal)]),
  ];
  const subject: RaisedMachine = {
    ...{ name: definition.name, uuid, category: definition.category, state, differences },
    needsRestart: state !== 'off' && differences.length > 0,
  };
  return { subject, steps };
}
