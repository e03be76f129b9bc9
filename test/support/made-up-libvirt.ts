import type { VirshAnswer } from '../../lib/libvirt/virsh.ts';

/** A VM of a made-up libvirt; a document may be any text, or an error of virsh. */
export interface MadeUpMachine {
  readonly uuid: string;
  readonly state?: 'running' | 'paused' | 'crashed';
  readonly definition?: string | { readonly error: string };
  readonly live?: string | { readonly error: string };
}

/** A document of a VM with the parts for a test. */
export function domainXml(name: string, uuid: string, inside = ''): string {
  return `<domain type='kvm'>\n  <name>${name}</name>\n  <uuid>${uuid}</uuid>\n${inside}\n</domain>`;
}

/** Metadata that tags a VM. */
export function tagXml(category: string): string {
  return `  <metadata>\n    <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="${category}"/>\n  </metadata>`;
}

/** The UUID of the VM with a number. */
export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/**
 * Answers of virsh for made-up VMs, for cases that are hard to create with a real libvirt: VMs that disappear,
 * invalid documents, failing changes. `test/lab/portal.test.ts` uses a real one.
 */
export class MadeUpLibvirt {
  readonly ran: (readonly string[])[] = [];
  /** The error of a command; `null` if it succeeds. */
  failure: (command: readonly string[]) => string | null = () => null;
  readonly #machines: readonly MadeUpMachine[];

  constructor(machines: readonly MadeUpMachine[]) {
    this.#machines = machines;
  }

  async run(command: readonly string[]): Promise<VirshAnswer> {
    this.ran.push(command);
    return { command, output: '', error: this.failure(command) };
  }

  async runAll(commands: readonly (readonly string[])[]): Promise<readonly VirshAnswer[]> {
    return commands.map((command) => {
      const answer = command[0] === 'list' ? this.#list(command) : this.#dump(command);
      return typeof answer === 'string'
        ? { command, output: answer, error: null }
        : { command, output: '', error: answer.error };
    });
  }

  #list(command: readonly string[]): string {
    if (command.includes('--with-managed-save')) return '';
    const fits = ({ state, definition }: MadeUpMachine): boolean => {
      if (command.includes('--persistent')) return definition !== undefined;
      if (command.includes('--transient')) return definition === undefined;
      if (command.includes('--state-running')) return state === 'running';
      return command.includes('--state-paused') ? state === 'paused' : state !== undefined;
    };
    return this.#machines
      .filter(fits)
      .map(({ uuid }) => `${uuid}\n`)
      .join('');
  }

  #dump(command: readonly string[]): string | { readonly error: string } {
    const machine = this.#machines.find(({ uuid }) => uuid === command.at(-1));
    const document = command.includes('--inactive') ? machine?.definition : machine?.live;
    return document ?? { error: 'failed to get domain: Domain not found: no domain with matching uuid' };
  }
}
