import type { Opening, Run, Runner, RunOptions } from '../../lib/host/runner.ts';
import { readOwnDevices } from '../../lib/libvirt/assignment/assigned-devices.ts';
import { parseHostDevices } from '../../lib/libvirt/hostdev/host-device-parser.ts';
import { parseMachine } from '../../lib/libvirt/machine/machine.ts';
import type { KnownMachine, MachineDocument } from '../../lib/libvirt/machine/read-machines.ts';
import { parseXml, type XmlDocument } from '../../lib/libvirt/xml/xml-document.ts';
import { childOf } from '../../lib/libvirt/xml/xml-element.ts';
import { HOOK_ANSWER, PROBE_NAME } from '../../lib/plan/persistence/hook-probe.ts';
import { type FakeAnswer, type FakeCall, FakeVirsh } from './fake-virsh.ts';
import { tagXml, uuidOf } from './made-up-libvirt.ts';
import { type SimulatedDomain, withMetadata } from './simulated-domain.ts';
import { SimulatedNetworks } from './simulated-networks.ts';

/** The commands that a read-only connection refuses, with libvirt's error. */
const CHANGING: readonly string[] = [
  ...['define', 'undefine', 'metadata', 'attach-device', 'detach-device-alias', 'start', 'destroy'],
  ...['shutdown', 'suspend', 'resume', 'net-define', 'net-start', 'net-destroy', 'net-undefine', 'create'],
];
const DONE: FakeAnswer = { output: '' };

/** The properties of a domain of a {@link SimulatedLibvirt} that a test can set. */
interface DomainSpec {
  readonly category?: string | null;
  readonly machine?: 'q35' | 'pc';
  /** The number of its empty root ports. */
  readonly ports?: number;
}

/**
 * A libvirt for changes of its VMs: their documents are kept except for quotes, and a real one formats them. It has
 * one VM, `galaxy0`, which is a q35 with three empty ports, and added ones. `test/lab/assign*.test.ts` tests a real
 * one, and `test/lab/assigned-machines.test.ts` one with devices of a kernel.
 */
export class SimulatedLibvirt implements Runner {
  readonly domains: SimulatedDomain[] = [];
  readonly networks = new SimulatedNetworks();
  /** Whether its guests release the devices that they are asked for. */
  letsGo = true;
  /** Whether its QEMU can use KVM. */
  hasKvm = true;
  /** The error of a command. */
  failure: (command: readonly string[]) => string | null = () => null;
  readonly ran: (readonly string[])[] = [];
  /** Whether it looked for hooks since they were installed. */
  callsHooks = false;
  readonly #virsh = new FakeVirsh((command, call) => this.#answer(command, call));

  constructor() {
    this.add('galaxy0', { ports: 3 });
  }

  /** Defines another VM, which is off. */
  add(name: string, spec: DomainSpec = {}): SimulatedDomain {
    const uuid = uuidOf(this.domains.length + 1);
    const added: SimulatedDomain = { name, uuid, state: 'running', definition: '', live: null };
    added.definition = domainXml(added, spec);
    this.domains.push(added);
    return added;
  }

  get #first(): SimulatedDomain {
    return this.domains[0] as SimulatedDomain;
  }

  /** The definition of `galaxy0`. */
  get definition(): string {
    return this.#first.definition;
  }

  /** The live XML of `galaxy0`; `null` while it is off. */
  get live(): string | null {
    return this.#first.live;
  }

  set live(text: string | null) {
    this.#first.live = text;
  }

  /** The number of started virsh processes. */
  get processes(): number {
    return this.#virsh.calls.length;
  }

  /** How many of them run, because they are kept open. */
  get openProcesses(): number {
    return this.#virsh.opened.filter(({ isOpen }) => isOpen).length;
  }

  /** Ends what is kept open, as a signal does: now, or at its next request with such a command, which is not carried out. */
  kill(when: 'now' | 'define'): void {
    for (const each of this.#virsh.opened.filter(({ isOpen }) => isOpen)) {
      if (when === 'now') each.isOpen = false;
      else each.endsAt = when;
    }
  }

  /** Starts a VM. */
  start(name = 'galaxy0', state: SimulatedDomain['state'] = 'running'): this {
    const started = this.domain(name);
    started.live = started.definition.replace(
      '<domain ',
      `<domain id='${this.domains.indexOf(started) + 7}' `,
    );
    started.state = state;
    return this;
  }

  /** Adds a device to the definition of a machine. */
  addDevice(name: string, xml: string): this {
    const changed = this.domain(name);
    changed.definition = changed.definition.replace('  </devices>', () => `    ${xml}\n  </devices>`);
    return this;
  }

  /** A machine, by its name or UUID. */
  domain(word: string): SimulatedDomain {
    const found = this.#find(word);
    if (found === undefined) throw new Error(`no machine ${word}`);
    return found;
  }

  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#virsh.run(program, args, options);
  }

  open(program: string, args: readonly string[]): Promise<Opening> {
    return this.#virsh.open(program, args);
  }

  /** `galaxy0` as a reader returns it. */
  machine(): KnownMachine & { readonly definition: MachineDocument } {
    const { name, uuid, definition, live } = this.#first;
    return {
      ...{ name, uuid, hasManagedSave: false },
      state: live === null ? 'shut-off' : 'running',
      definition: documentOf(definition),
      live: live === null ? null : documentOf(live),
    };
  }

  /** The state that plans change. */
  state(): string {
    return [
      ...this.domains.map(({ definition, live }) => `${definition}\n${live}`),
      ...this.networks.state(),
    ].join('\n');
  }

  #find(word: string): SimulatedDomain | undefined {
    return this.domains.find(({ name, uuid }) => name === word || uuid === word);
  }

  #answer(command: readonly string[], { args, options }: FakeCall): FakeAnswer {
    this.ran.push(command);
    const error = this.failure(command);
    if (error !== null) return { error };
    const [verb = ''] = command;
    const isSecret = command.includes('--security-info');
    if (args.includes('--readonly') && (CHANGING.includes(verb) || isSecret)) {
      return { error: `operation forbidden: read only access prevents ${verb}` };
    }
    const { input = '' } = options;
    if (verb.startsWith('net-')) return this.networks.answer(command, input);
    if (verb === 'list') return this.#list(command);
    if (verb === 'domcapabilities') return { output: '<domainCapabilities/>' };
    if (verb === 'capabilities') return { output: capabilities(this.hasKvm) };
    if (verb === 'define') return this.#define(input);
    if (verb === 'create') return this.callsHooks ? { error: `hook failed: ${HOOK_ANSWER}` } : DONE;
    if (command[1] === PROBE_NAME) return DONE;
    const word = command.slice(1).find((each) => !each.startsWith('-')) ?? '';
    const domain = this.#find(word);
    if (domain === undefined) {
      return { error: `failed to get domain '${word}'` };
    }
    switch (verb) {
      case 'dumpxml':
        return dump(domain, command);
      case 'metadata':
        return withMetadata(domain, command);
      case 'attach-device':
        return this.#attach(domain, input, command[2] ?? '');
      case 'detach-device-alias':
        return this.#detach(domain, command[2] ?? '');
      case 'dommemstat':
        return domain.live === null ? NOT_RUNNING : DONE;
      case 'undefine':
        this.domains.splice(this.domains.indexOf(domain), 1);
        return DONE;
      default:
        return this.#power(domain, command);
    }
  }

  #power(domain: SimulatedDomain, [verb = '', ...options]: readonly string[]): FakeAnswer {
    switch (verb) {
      case 'domstate':
        return { output: domain.live === null ? 'shut off' : domain.state };
      case 'start':
        if (domain.live !== null) return { error: 'Domain is already active' };
        this.start(domain.name, options.includes('--paused') ? 'paused' : 'running');
        return DONE;
      case 'resume':
      case 'suspend':
        if (domain.live === null) return NOT_RUNNING;
        domain.state = verb === 'resume' ? 'running' : 'paused';
        return DONE;
      case 'shutdown':
        if (domain.live === null) return NOT_RUNNING;
        if (this.letsGo) domain.live = null;
        return DONE;
      case 'destroy':
        if (domain.live === null) return NOT_RUNNING;
        domain.live = null;
        return DONE;
      default:
        return { error: `unknown command: '${verb}'` };
    }
  }

  #list(command: readonly string[]): FakeAnswer {
    const fits = ({ live, state }: SimulatedDomain): boolean => {
      if (command.includes('--transient') || command.includes('--with-managed-save')) return false;
      if (command.includes('--state-running')) return live !== null && state === 'running';
      if (command.includes('--state-paused')) return live !== null && state === 'paused';
      return live !== null || command.includes('--all');
    };
    return {
      output: this.domains
        .filter(fits)
        .map(({ uuid }) => uuid)
        .join('\n'),
    };
  }

  #define(text: string): FakeAnswer {
    let document: XmlDocument;
    try {
      document = parseXml(text, '(domain_definition)');
    } catch (error) {
      return { error: `${(error as Error).message}` };
    }
    const textOf = (name: string): string | null => childText(document, name);
    const [name, uuid] = [textOf('name'), textOf('uuid')];
    if (document.root.name !== 'domain' || !document.root.attributes.has('type')) {
      return { error: 'XML error: missing domain type attribute' };
    }
    if (name === null) return { error: 'XML error: missing name information' };
    const known = this.#find(uuid ?? name);
    if (known === undefined) {
      if (uuid === null) return { error: 'a simulated libvirt gives no UUIDs' };
      this.domains.push({ name, uuid, state: 'running', definition: asLibvirtQuotes(text), live: null });
      return DONE;
    }
    if (known.name !== name) {
      return { error: `operation failed: domain '${known.name}' is already defined with uuid ${uuid}` };
    }
    const twice = firstTwice(parseHostDevices(document).flatMap(({ device }) => device.alias ?? []));
    if (twice !== undefined) return { error: `XML error: non unique alias detected: ${twice}` };
    known.definition = asLibvirtQuotes(text);
    return DONE;
  }

  #attach(domain: SimulatedDomain, text: string, file: string): FakeAnswer {
    const { live } = domain;
    if (live === null) return NOT_RUNNING;
    const [wanted] = parseHostDevices(parseXml(`<domain><devices>${text}</devices></domain>`, 'it'));
    const address = wanted !== undefined && 'address' in wanted.device ? wanted.device.address : null;
    const failed = (why: string): FakeAnswer => ({
      error: `Failed to attach device from ${file}\nerror: ${why}`,
    });
    const holder = this.domains.find(({ live: has }) => ownAddresses(has).some((each) => each === address));
    if (holder !== undefined) {
      const what = `PCI device ${address} is in use by driver QEMU, domain ${holder.name}`;
      return failed(`Requested operation is not valid: ${what}`);
    }
    const indented = asLibvirtQuotes(text).replace(/^/gm, '    ');
    domain.live = live.replace('  </devices>', () => `${indented}\n  </devices>`);
    return DONE;
  }

  #detach(domain: SimulatedDomain, alias: string): FakeAnswer {
    const { live } = domain;
    const found = parseHostDevices(parseXml(live ?? domain.definition, 'it')).find(
      ({ device }) => device.alias === alias,
    );
    if (live === null || found === undefined) return { error: `no device found with alias ${alias}` };
    const { start, end } = found.element;
    const before = live.slice(0, start).replace(/[ \t]*$/, '');
    if (this.letsGo) domain.live = `${before}${live.slice(end).replace(/^\n/, '')}`;
    return DONE;
  }
}

const NOT_RUNNING: FakeAnswer = { error: 'Requested operation is not valid: domain is not running' };

/** libvirt writes attributes in single quotes, except in metadata, which it leaves to libxml2. */
function asLibvirtQuotes(text: string): string {
  return text
    .split(/(<metadata>.*<\/metadata>)/s)
    .map((part) => (part.startsWith('<metadata>') ? part : part.replaceAll(/="([^"']*)"/g, "='$1'")))
    .join('');
}

/** Without secrets, unless they are requested. */
function dump({ definition, live }: SimulatedDomain, command: readonly string[]): FakeAnswer {
  const text = command.includes('--inactive') ? definition : (live ?? definition);
  return { output: command.includes('--security-info') ? text : text.replaceAll(/ passwd='[^']*'/g, '') };
}

function firstTwice(words: readonly string[]): string | undefined {
  return words.find((word, index) => words.indexOf(word) !== index);
}

function childText({ root, text }: XmlDocument, name: string): string | null {
  const content = childOf(root, name)?.content ?? null;
  return content === null ? null : text.slice(content.start, content.end);
}

/** The addresses of the devices from pci assign in a document. */
export function ownAddresses(text: string | null): readonly string[] {
  return text === null ? [] : readOwnDevices(parseXml(text, 'it')).map(({ address }) => address);
}

function documentOf(text: string): MachineDocument {
  const document = parseXml(text, 'galaxy0');
  return { document, machine: parseMachine(document, () => undefined), unreadable: null };
}

/** As libvirt writes it, with a password that must not be lost. */
function domainXml(
  { name, uuid }: SimulatedDomain,
  { category = null, machine = 'q35', ports = 0 }: DomainSpec,
): string {
  const model = machine === 'q35' ? 'pcie-root' : 'pci-root';
  const controllers = [...Array(ports).keys()]
    .map((index) => `    <controller type='pci' index='${index + 1}' model='pcie-root-port'/>\n`)
    .join('');
  return `<domain type='kvm'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
${category === null ? '' : `${tagXml(category)}\n`}  <os><type arch='x86_64' machine='${machine}'>hvm</type></os>
  <devices>
    <controller type='pci' index='0' model='${model}'/>
${controllers}    <graphics type='vnc' passwd='secret'/>
  </devices>
</domain>`;
}

function capabilities(hasKvm: boolean): string {
  const kvm = hasKvm ? "<domain type='kvm'/>" : '';
  return `<capabilities><guest><arch name='x86_64'><domain type='qemu'/>${kvm}</arch></guest></capabilities>`;
}
