import type { Run, Runner, RunOptions } from '../../lib/host/runner.ts';
import { readOwnDevices } from '../../lib/libvirt/assignment/assigned-devices.ts';
import { parseHostDevices } from '../../lib/libvirt/hostdev/host-device-parser.ts';
import { parseMachine } from '../../lib/libvirt/machine/machine.ts';
import { MACHINE_NAMESPACE } from '../../lib/libvirt/machine/machine-metadata.ts';
import type { KnownMachine, MachineDocument } from '../../lib/libvirt/machine/read-machines.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { type FakeAnswer, FakeVirsh } from './fake-virsh.ts';
import { uuidOf } from './made-up-libvirt.ts';

const UUID = uuidOf(1);
const PORTS = [1, 2, 3]
  .map((index) => `    <controller type='pci' index='${index}' model='pcie-root-port'/>\n`)
  .join('');

/**
 * A libvirt with one machine, `galaxy0`, which is a q35 with three ports that nothing is in, as far as changing what it has
 * goes. How a real one does that is tried in `test/lab/assigned-machines.test.ts`.
 */
export class SimulatedLibvirt implements Runner {
  definition = domain(PORTS);
  /** `null` while it is off. */
  live: string | null = null;
  /** Whether its guest lets go of what it is asked for. */
  letsGo = true;
  /** What a command fails with. */
  failure: (command: readonly string[]) => string | null = () => null;
  readonly ran: (readonly string[])[] = [];
  readonly #virsh = new FakeVirsh((command) => this.#answer(command));

  /** How many processes of virsh were started. */
  get processes(): number {
    return this.#virsh.calls.length;
  }

  start(): this {
    this.live = this.definition.replace('<domain ', "<domain id='7' ");
    return this;
  }

  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#virsh.run(program, args, options);
  }

  /** The machine as it would be read. */
  machine(): KnownMachine & { readonly definition: MachineDocument } {
    return {
      name: 'galaxy0',
      uuid: UUID,
      state: this.live === null ? 'shut-off' : 'running',
      hasManagedSave: false,
      definition: documentOf(this.definition),
      live: this.live === null ? null : documentOf(this.live),
    };
  }

  /** Everything of it that plans change. */
  state(): string {
    return `${this.definition}\n${this.live}`;
  }

  #answer(command: readonly string[]): FakeAnswer {
    this.ran.push(command);
    const error = this.failure(command);
    if (error !== null) return { error };
    const input = this.#virsh.calls.at(-1)?.options.input ?? '';
    switch (command[0]) {
      case 'dumpxml':
        return { output: command.includes('--inactive') ? this.definition : (this.live ?? this.definition) };
      case 'define':
        this.definition = input;
        return { output: '' };
      case 'attach-device':
        return this.#attach(input);
      case 'detach-device-alias':
        return this.#detach(command[2] ?? '');
      case 'metadata':
        return this.#setMetadata(command);
      default:
        return { output: '' };
    }
  }

  /** An element of ours that holds nothing but a category, in the definition or in what runs. */
  #setMetadata(command: readonly string[]): FakeAnswer {
    const set = command.indexOf('--set');
    const category = /^<machine( category="[a-z]+")\/>$/.exec(set < 0 ? '' : (command[set + 1] ?? ''))?.[1];
    if (set >= 0 && category === undefined) throw new Error('it stores no such element');
    const element = `<portal-gun:machine xmlns:portal-gun="${MACHINE_NAMESPACE}"${category}/>`;
    const stored = category === undefined ? '' : `  <metadata>\n    ${element}\n  </metadata>\n`;
    const changed = (text: string): string =>
      text.replace(/ {2}<metadata>[\s\S]*<\/metadata>\n/, '').replace('  <devices>', `${stored}  <devices>`);
    if (command.includes('--config')) this.definition = changed(this.definition);
    else if (this.live === null) return { error: 'Requested operation is not valid: domain is not running' };
    else this.live = changed(this.live);
    return { output: '' };
  }

  #attach(device: string): FakeAnswer {
    if (this.live === null) return { error: 'Requested operation is not valid: domain is not running' };
    this.live = this.live.replace('  </devices>', `${device}\n  </devices>`);
    return { output: '' };
  }

  #detach(alias: string): FakeAnswer {
    const document = parseXml(this.live ?? this.definition, 'it');
    const found = parseHostDevices(document).find(({ device }) => device.alias === alias);
    if (this.live === null || found === undefined) return { error: `no device found with alias ${alias}` };
    const { start, end } = found.element;
    if (this.letsGo) this.live = `${this.live.slice(0, start)}${this.live.slice(end).replace(/^\n/, '')}`;
    return { output: '' };
  }
}

/** The addresses of what is ours in a document. */
export function ownAddresses(text: string | null): readonly string[] {
  return text === null ? [] : readOwnDevices(parseXml(text, 'it')).map(({ address }) => address);
}

function documentOf(text: string): MachineDocument {
  const document = parseXml(text, 'galaxy0');
  return { document, machine: parseMachine(document, () => undefined), unreadable: null };
}

function domain(devices: string): string {
  return `<domain type='kvm'>
  <name>galaxy0</name>
  <uuid>${UUID}</uuid>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
${devices}  </devices>
</domain>`;
}
