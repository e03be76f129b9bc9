import { PortalGunError } from '../../base/errors.ts';
import type { DefinitionFault } from '../../machines/definition/definition-parser.ts';
import { configParts } from '../../machines/provision/config-tree.ts';
import { conflictsAmong, type DesiredGuest, desiredGuest } from '../../machines/provision/desired-guest.ts';
import type { GuestFacts } from '../../machines/provision/guest-scripts.ts';
import type { DesiredPart } from '../../machines/provision/guest-state.ts';
import type { ModuleContext } from '../../machines/provision/provision-module.ts';
import { machineValues } from '../../machines/provision/template-values.ts';
import { askedOfGuest } from '../../plan/guest/asked-of-guest.ts';
import { type GuestPlan, planGuest } from '../../plan/guest/plan-guest.ts';
import type { MachineNames } from '../project/choose-machines.ts';
import { pciEntryText } from '../project/machine/machine-devices.ts';
import { type OpenedMachines, openMachines, type ProjectMachine } from '../project/project-machines.ts';
import { demandDefinition } from '../project/show-machine.ts';
import type { HostSession } from '../session/host-session.ts';
import { type ConfigFolder, readConfigFolder } from './config-folder.ts';
import { guestsOf } from './open-guests.ts';
import { type CheckedGuest, type ReadGuest, readFacts, readGuest, runChecks } from './read-guest.ts';

/** A machine whose folder says what its guest has inside. */
interface ProvisionedMachine {
  readonly each: ProjectMachine;
  readonly config: readonly DesiredPart[];
}

/** What differs between a guest and its folder. */
export interface ComparedGuest extends GuestPlan {
  readonly machine: string;
  /** Whether further steps are planned after these were made: packages bring files of their own. */
  readonly isPartial: boolean;
  /** The checks of modules, if they were run. */
  readonly checks: readonly CheckedGuest[];
}

/** The guests of a request. */
export interface ComparedGuests {
  /** The directory of the project. */
  readonly root: string;
  readonly guests: readonly ComparedGuest[];
}

/**
 * Compares guests with their folders: by default those of all machines that have a config folder or modules. Nothing is
 * changed.
 *
 * @param runsChecks whether the checks of modules are run, too
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, BAD_ARGUMENT, CANNOT_PROVISION, and the errors of agents
 */
export async function compareGuests(
  session: HostSession,
  choice: MachineNames,
  runsChecks: boolean,
): Promise<ComparedGuests> {
  const opened = await openMachines(session, choice, { hypervisor: 'qemu' });
  const guests: ComparedGuest[] = [];
  for (const machine of await provisionedMachines(opened)) {
    const { name } = machine.each.machine.definition;
    const agent = await guestsOf(session).open(name);
    try {
      guests.push(await compareGuest({ machine: name, agent }, machine, runsChecks));
    } finally {
      agent.close();
    }
  }
  return { root: opened.project.root, guests };
}

/** Those of machines whose guests have something to be provisioned with. */
export async function namesToProvision(
  session: HostSession,
  machines: readonly string[],
): Promise<readonly string[]> {
  if (machines.length === 0) return [];
  const opened = await openMachines(session, { machines }, { hypervisor: 'qemu' });
  const provisioned = await provisionedMachines(opened);
  return provisioned.map(({ each }) => each.machine.definition.name);
}

/** The machines whose guests have something to be provisioned with. */
async function provisionedMachines({
  project,
  machines,
}: OpenedMachines): Promise<readonly ProvisionedMachine[]> {
  const provisioned: ProvisionedMachine[] = [];
  for (const each of machines) {
    const { folder, machine } = each;
    // A definition with a fault was replaced by a stand-in.
    demandDefinition(folder, await project.read(folder));
    const { parts, faults } = partsOf(readConfigFolder(project, folder), each);
    demandSound(folder.name, faults);
    if (machine.definition.provision.length > 0 || parts.length > 0) {
      provisioned.push({ each, config: parts });
    }
  }
  return provisioned;
}

/** What a config folder demands of the guest of a machine, and all its faults. */
function partsOf(
  { entries, manifest }: ConfigFolder,
  { machine }: Pick<ProjectMachine, 'machine'>,
): ReturnType<typeof configParts> {
  return configParts(entries, manifest, (values) => machineValues(machine, values));
}

async function compareGuest(
  guest: ReadGuest,
  { each, config }: ProvisionedMachine,
  runsChecks: boolean,
): Promise<ComparedGuest> {
  const { machine } = guest;
  const facts = await readFacts(guest);
  const desired = desiredGuest(each.machine.definition, (index) => contextOf(each, facts, index), config);
  const all = [...desired.beforePackages, ...desired.packages, ...desired.afterPackages];
  demandSound(machine, conflictsAmong(all));
  const reading = await readGuest(guest, facts.init, askedOfGuest(all));
  const planned = { machine, init: facts.init, reading };
  const packages = planGuest(planned, desired.packages, all);
  const isPartial = packages.steps.length > 0;
  const plan = planGuest(planned, isPartial ? partsBefore(desired) : all, all);
  return {
    ...{ machine, ...plan, isPartial },
    checks: runsChecks ? await runChecks(guest, desired.checks) : [],
  };
}

function partsBefore({ beforePackages, packages }: DesiredGuest): readonly DesiredPart[] {
  return [...beforePackages, ...packages];
}

function contextOf(
  { folder, machine, locked }: ProjectMachine,
  facts: GuestFacts,
  index: number,
): ModuleContext {
  const { definition } = machine;
  const cardWith = (mac: string) => ({ mac, interfaceName: facts.interfaceNames.get(mac) ?? null });
  return {
    ...{ definition, init: facts.init, interfaceNames: facts.interfaceNames },
    nics: machine.nics.map(({ mac }) => cardWith(mac)),
    pci: definition.pci.map((entry) => {
      const mac = locked.devices[pciEntryText(entry)]?.[0]?.mac ?? null;
      return mac === null ? null : cardWith(mac);
    }),
    origin: `${folder.file}: provision.${index}`,
  };
}

/** @throws PortalGunError BAD_DEFINITION that names the first fault, and how many more there are */
function demandSound(name: string, faults: readonly DefinitionFault[]): void {
  const [fault] = faults;
  if (fault === undefined) return;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: portal check ${name})` : '';
  throw new PortalGunError('BAD_DEFINITION', `${fault.message}${more}`, {
    subject: fault.at,
    ...(fault.hint === null ? {} : { hint: fault.hint }),
  });
}
