import { PortalGunError } from '../../../base/errors.ts';
import type { Virsh } from '../../../libvirt/virsh.ts';
import { parseXml } from '../../../libvirt/xml/xml-document.ts';
import { domainDifferences, formatDifference } from '../../../machines/domain/normal-form.ts';
import type { PowerState } from '../../../plan/changes/machine/power.ts';
import type { HostSession } from '../../session/host-session.ts';
import { virshOf } from '../../session/libvirt-connection.ts';
import type { MachineNames } from '../choose-machines.ts';
import { openMachines, type ProjectMachine } from '../project-machines.ts';
import { scriptsDiffer } from './event-scripts.ts';
import { knownHypervisor } from './hypervisor.ts';

/**
 * The state of the VM of a machine, compared with its folder: there is no VM (`absent`); it is equal (`current`);
 * `portal up` would change it (`changed`); it runs with its definition before a change (`needs-restart`).
 */
export type DefinitionState = 'absent' | 'current' | 'changed' | 'needs-restart' | 'unknown';

/** A machine, as it is now. */
export interface MachineStatus {
  readonly name: string;
  readonly uuid: string;
  readonly category: string;
  /** `null` if libvirt does not tell. */
  readonly state: PowerState | null;
  readonly definition: DefinitionState;
  /** The differences between the VM and the folder. */
  readonly differences: readonly string[];
  /** The socket of its console; `null` if it does not run. */
  readonly console: string | null;
}

/** Unlike the capabilities of domains, each user may ask for these. */
const CAPABILITIES = ['capabilities'];
const WITH_KVM = /<domain type=["']kvm["']/;

/** The answer of `portal status`. */
export interface ProjectStatus {
  readonly connect: string;
  readonly root: string;
  readonly machines: readonly MachineStatus[];
}

/**
 * Reads the states of machines with one process of virsh for any number of machines.
 *
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, and the errors of reading libvirt
 */
export async function machineStatus(session: HostSession, choice: MachineNames = {}): Promise<ProjectStatus> {
  const virsh = virshOf(session);
  const { hypervisor, isSure } = knownHypervisor(session);
  const opened = await openMachines(session, choice, { hypervisor });
  const { states, hasKvm } = await readStates(virsh, opened.machines, !isSure);
  const { project, machines } =
    hasKvm || isSure ? opened : await openMachines(session, choice, { hypervisor: 'qemu' });
  return {
    ...{ connect: virsh.uri, root: project.root },
    machines: machines.map((each, index) =>
      statusOf(each, states[index], () => scriptsDiffer(session, project, each)),
    ),
  };
}

/** The state of a VM as libvirt reports it; `null` for a part that it does not report. */
interface Told {
  readonly state: PowerState | null;
  readonly inactive: string | null;
  readonly live: string | null;
  readonly isKnown: boolean;
}

/** @param asksKvm whether libvirt is asked, too, whether it can use KVM */
async function readStates(
  virsh: Virsh,
  machines: readonly ProjectMachine[],
  asksKvm: boolean,
): Promise<{ readonly states: readonly Told[]; readonly hasKvm: boolean }> {
  const commands = machines.flatMap(({ machine: { uuid } }) => [
    ['dumpxml', '--inactive', uuid],
    ['dumpxml', uuid],
  ]);
  const lists = [
    ['list', '--all', '--uuid'],
    ['list', '--uuid', '--state-running'],
    ['list', '--uuid', '--state-paused'],
  ];
  const asked = asksKvm ? [CAPABILITIES] : [];
  const answers = await virsh.runAll([...lists, ...commands, ...asked], { readOnly: true });
  const [all, running, paused, ...dumps] = answers;
  if (all === undefined || all.error !== null) {
    throw new PortalGunError('TOOL_FAILED', `does not list the VMs: ${all?.error ?? ''}`, {
      subject: 'virsh',
    });
  }
  const isIn = (output: string | undefined, uuid: string): boolean =>
    (output ?? '').split('\n').some((line) => line.trim().toLowerCase() === uuid);
  const states = machines.map(({ machine: { uuid } }, index): Told => {
    const [inactive, live] = [dumps[2 * index], dumps[2 * index + 1]];
    const isKnown = isIn(all.output, uuid);
    const isOn = isIn(running?.output, uuid) || isIn(paused?.output, uuid);
    return {
      isKnown,
      state: isIn(running?.output, uuid) ? 'running' : isIn(paused?.output, uuid) ? 'paused' : 'off',
      inactive: inactive?.error === null ? inactive.output : null,
      live: isOn && live?.error === null ? live.output : null,
    };
  });
  const capabilities = answers.at(-1);
  const isAnswered = asksKvm && capabilities?.error === null;
  return { states, hasKvm: !isAnswered || WITH_KVM.test(capabilities.output) };
}

function statusOf(
  { machine: { definition, uuid, paths }, domain, lacks }: ProjectMachine,
  told: Told | undefined,
  scripts: () => readonly string[],
): MachineStatus {
  const known = { name: definition.name, uuid, category: definition.category };
  if (told === undefined || !told.isKnown) {
    return { ...known, state: 'off', definition: 'absent', differences: [], console: null };
  }
  const now = { ...known, state: told.state, console: told.state === 'off' ? null : paths.console };
  if (told.inactive === null || lacks !== null) {
    return { ...now, definition: 'unknown', differences: lacks === null ? [] : [lacks] };
  }
  const differencesOf = (text: string): readonly string[] =>
    domainDifferences(domain, parseXml(text, definition.name)).map(formatDifference);
  const differences = [...differencesOf(told.inactive), ...scripts()];
  if (differences.length > 0) return { ...now, definition: 'changed', differences };
  const live = told.live === null ? [] : differencesOf(told.live);
  return { ...now, differences: live, definition: live.length > 0 ? 'needs-restart' : 'current' };
}
