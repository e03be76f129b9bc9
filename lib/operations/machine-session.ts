import type { GuestExit } from '../guest/agent/guest-agent.ts';
import type { BootProfile } from '../machines/boot/guest-modules.ts';
import type { HostProposal } from './change/host-proposal.ts';
import type { EventList } from './events/list-events.ts';
import type { RanEvent, RunEventOptions } from './events/run-event.ts';
import type { RunMachineOptions } from './guest/run-machine.ts';
import type { MachineCheck } from './project/check-machines.ts';
import { type MachineNames, type MachineRequest, requestOf } from './project/choose-machines.ts';
import type { ProjectStatus } from './project/machine/machine-status.ts';
import type { RenderedMachine } from './project/machine/render-machine.ts';
import type { CreatedMachine, NewMachine, NewMachineOptions } from './project/new/create-machine.ts';
import type { FoundTemplate } from './project/new/find-template.ts';
import type { DestroyOptions, DownSubject, HaltOptions } from './project/propose-down.ts';
import type { UpOptions, UpSubject } from './project/propose-up.ts';
import type { SetMachines, SetOptions } from './project/set-values.ts';
import type { ShownMachine } from './project/show-machine.ts';
import type { ComparedGuests } from './provision/compare-guests.ts';
import type { HostSession } from './session/host-session.ts';

/**
 * The operations on the machines of a project: a method for each command of `portal` about folders. Where machines can be
 * chosen, a method takes a name, a list of names, or options; without them it means all machines of the project.
 */
export class MachineSession {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /**
   * Starts a machine, runs a command in it through the agent of its guest, and removes what the start made. Everything
   * happens in this call; there is no proposal.
   */
  async run(options: RunMachineOptions): Promise<GuestExit> {
    const { runMachine } = await import('./guest/run-machine.ts');
    return runMachine(this.#session, options);
  }

  /** The templates of the package. */
  async templates(): Promise<readonly FoundTemplate[]> {
    const { listTemplates } = await import('./project/new/find-template.ts');
    return listTemplates(this.#session);
  }

  /** Finds the questions of a template for a new machine. Writes nothing. */
  async prepare(options: NewMachineOptions): Promise<NewMachine> {
    const { prepareMachine } = await import('./project/new/create-machine.ts');
    return prepareMachine(this.#session, options);
  }

  /** Creates the folder of a machine from a template. */
  async create(options: NewMachineOptions): Promise<CreatedMachine> {
    const { createMachine } = await import('./project/new/create-machine.ts');
    return createMachine(this.#session, options);
  }

  /** Checks the folders of machines, and returns everything that is wrong with each. */
  async check(request: MachineRequest<MachineNames> = {}): Promise<MachineCheck> {
    const { checkMachines } = await import('./project/check-machines.ts');
    return checkMachines(this.#session, requestOf(request));
  }

  /** Shows the definition of a machine with every default, and the origin of each value. */
  async show(name: string): Promise<ShownMachine> {
    const { showMachine } = await import('./project/show-machine.ts');
    return showMachine(this.#session, name);
  }

  /** Renders the documents of a machine for libvirt, with the hypervisor that {@link proposeUp} would use, if it is known. */
  async render(name: string): Promise<RenderedMachine> {
    const { renderMachine } = await import('./project/machine/render-machine.ts');
    return renderMachine(this.#session, name);
  }

  /**
   * Changes values in the definitions of machines, and keeps the comments and layout of the files. All
   * results are checked before the first file is written. No VM is changed.
   */
  async set(options: SetOptions): Promise<SetMachines> {
    const { setValues } = await import('./project/set-values.ts');
    return setValues(this.#session, options);
  }

  /** Looks how machines are. */
  async status(request: MachineRequest<MachineNames> = {}): Promise<ProjectStatus> {
    const { machineStatus } = await import('./project/machine/machine-status.ts');
    return machineStatus(this.#session, requestOf(request));
  }

  /** Lists the events of a machine for which scripts ran on this host, the oldest first; all, or the last ones. */
  async events(name: string, last?: number): Promise<EventList> {
    const { listEvents } = await import('./events/list-events.ts');
    return listEvents(this.#session, name, last);
  }

  /** Runs the installed scripts of a machine for an event, for the libvirt hook. */
  async runEvent(options: RunEventOptions): Promise<RanEvent> {
    const { runEvent } = await import('./events/run-event.ts');
    return runEvent(this.#session, options);
  }

  /** The boot assets that machines need, that the store does not have, and that can be built from packages. */
  async missingProfiles(request: MachineRequest<MachineNames> = {}): Promise<readonly BootProfile[]> {
    const { missingProfiles } = await import('./project/missing-profiles.ts');
    return missingProfiles(this.#session, requestOf(request));
  }

  /**
   * Proposes to create or change the VMs of machines as their folders say, and to start them. When it is applied, call
   * {@link recordUp}.
   */
  async up(request: MachineRequest<UpOptions> = {}): Promise<HostProposal<UpSubject>> {
    const { proposeUp } = await import('./project/propose-up.ts');
    return proposeUp(this.#session, requestOf(request));
  }

  /** Writes the devices and addresses of machines into the lock file after they were brought up. */
  async recordUp(subject: UpSubject): Promise<void> {
    const { recordLock } = await import('./project/record-lock.ts');
    recordLock(subject);
  }

  /**
   * Proposes to change what guests have inside, as the folders of their machines say. If a guest of the subject is
   * partial, propose again when it is applied: packages bring files of their own.
   */
  async provision(request: MachineRequest<MachineNames> = {}): Promise<HostProposal<ComparedGuests>> {
    const { proposeProvision } = await import('./provision/propose-provision.ts');
    return proposeProvision(this.#session, requestOf(request));
  }

  /** Compares guests with the folders of their machines, and runs the checks of their modules. Changes nothing. */
  async diff(request: MachineRequest<MachineNames> = {}): Promise<ComparedGuests> {
    const { compareGuests } = await import('./provision/compare-guests.ts');
    return compareGuests(this.#session, requestOf(request), true);
  }

  /** Proposes to stop machines. */
  async halt(request: MachineRequest<HaltOptions> = {}): Promise<HostProposal<DownSubject>> {
    const { proposeHalt } = await import('./project/propose-down.ts');
    return proposeHalt(this.#session, requestOf(request));
  }

  /** Proposes to stop machines, and to remove everything that portal made for them on the host. */
  async destroy(request: MachineRequest<DestroyOptions> = {}): Promise<HostProposal<DownSubject>> {
    const { proposeDestroy } = await import('./project/propose-down.ts');
    return proposeDestroy(this.#session, requestOf(request));
  }
}
