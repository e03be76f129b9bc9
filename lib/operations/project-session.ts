import type { MachineCheck } from './project/check-machines.ts';
import type { MachineNames } from './project/choose-machines.ts';
import type { CreatedMachine, NewMachine, NewMachineOptions } from './project/create-machine.ts';
import type { FoundTemplate } from './project/find-template.ts';
import type { ShownMachine } from './project/show-machine.ts';
import type { HostSession } from './session/host-session.ts';

/** The operations on the machines of a project: a method for each command of `portal` about folders. */
export class ProjectSession {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** The templates of the package. */
  async templates(): Promise<readonly FoundTemplate[]> {
    const { listTemplates } = await import('./project/find-template.ts');
    return listTemplates(this.#session);
  }

  /** Looks at what a new machine needs: the questions of its template. Writes nothing. */
  async prepare(options: NewMachineOptions): Promise<NewMachine> {
    const { prepareMachine } = await import('./project/create-machine.ts');
    return prepareMachine(this.#session, options);
  }

  /** Creates the folder of a machine from a template. */
  async create(options: NewMachineOptions): Promise<CreatedMachine> {
    const { createMachine } = await import('./project/create-machine.ts');
    return createMachine(this.#session, options);
  }

  /** Checks the folders of machines, all by default, and returns everything that is wrong with each. */
  async check(choice: MachineNames = {}): Promise<MachineCheck> {
    const { checkMachines } = await import('./project/check-machines.ts');
    return checkMachines(this.#session, choice);
  }

  /** Shows the definition of a machine with every default, and where each value comes from. */
  async show(name: string): Promise<ShownMachine> {
    const { showMachine } = await import('./project/show-machine.ts');
    return showMachine(this.#session, name);
  }
}
