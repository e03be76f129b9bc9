import type { HostReader } from '../../lib/host/host-reader.ts';
import type { HostWriter, Writing } from '../../lib/host/host-writer.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { isPciAddress } from '../../lib/pci/address.ts';
import { type Observation, observe, virtualFunctionAt } from './observe.ts';

/** What plays on: a host to read and to write, and what goes on around it. */
export interface Surroundings {
  readonly reader: HostReader;
  readonly writer: HostWriter;
  /**
   * Has a process hold functions through vfio, as a virtual machine does, until what it gives is called; `null`
   * where vfio refuses.
   */
  hold(addresses: readonly PciAddress[]): Promise<(() => Promise<void>) | null>;
  /** Loads a driver's module where the driver is not registered. */
  loadDriver(driver: string): Promise<void>;
  /** Waits until what the kernel and user space do on their own is done. */
  settle(): Promise<void>;
}

/** The devices of a scenario by the part that each plays. */
export type Cast = Readonly<Record<string, PciAddress>>;

/** One line of a transcript: what was done, and what came of it or was seen then. */
export interface Step {
  readonly step: string;
  readonly outcome: string | Readonly<Record<string, Observation>>;
}

/** What is expected of a device: some of what is seen of it; `null` where it is not to be on the bus. */
type Expected = Partial<NonNullable<Observation>> | null;

const BLOCKED_AFTER_MS = 3000;
const COMES_BACK_MS = 120_000;

/**
 * What a scenario acts on. Names in braces stand for devices: `{nic}`, `{nic.vf0}`; so a transcript has no
 * address in it. What was expected and is not so is kept, and the scenario goes on.
 */
export class Stage {
  readonly steps: Step[] = [];
  readonly unmet: string[] = [];
  readonly #surroundings: Surroundings;
  readonly #names: Map<string, PciAddress>;
  readonly #holds = new Map<string, () => Promise<void>>();

  constructor(surroundings: Surroundings, cast: Cast) {
    this.#surroundings = surroundings;
    this.#names = new Map(Object.entries(cast));
  }

  /** Writes to a path below `/sys/bus/pci`, or an absolute one. Expects `written`, `blocked`, an error, or takes any. */
  async write(path: string, text: string, expected: string | null): Promise<void> {
    const at = path.startsWith('/') ? path : `/sys/bus/pci/${path}`;
    const timeoutMs = expected === 'blocked' ? BLOCKED_AFTER_MS : COMES_BACK_MS;
    const writing = await this.#surroundings.writer.write(this.#fill(at), this.#fill(text), timeoutMs);
    const shown = text.length > 40 ? `${text.slice(0, 3)}… (${text.length})` : text;
    this.#note(`write ${path} ${JSON.stringify(shown)}`, outcomeOf(writing), expected);
  }

  /**
   * Looks at devices, each of which is expected to be as given. `busy` names PFs whose number of VFs the kernel
   * would not give: reading it waits for a write to it.
   */
  async look(expected: Readonly<Record<string, Expected>>, busy: readonly string[] = []): Promise<void> {
    await this.#surroundings.settle();
    const seen: Record<string, Observation> = {};
    for (const name of Object.keys(expected)) this.#address(name);
    for (const [name, wanted] of Object.entries(expected)) {
      const one = observe(this.#surroundings.reader, this.#names, name, !busy.includes(name));
      seen[name] = one;
      for (const problem of differences(one, wanted)) this.#miss(`${name}: ${problem}`);
    }
    this.steps.push({ step: 'look', outcome: seen });
  }

  /** Has a process hold devices through vfio. Expects `held` or `refused`. */
  async hold(names: readonly string[], expected: 'held' | 'refused'): Promise<void> {
    const release = await this.#surroundings.hold(names.map((name) => this.#address(name)));
    if (release !== null) this.#holds.set(names.join(' '), release);
    this.#note(`hold ${names.join(' ')}`, release === null ? 'refused' : 'held', expected);
  }

  /** Ends the process that holds these very devices. */
  async release(names: readonly string[]): Promise<void> {
    const key = names.join(' ');
    await this.#holds.get(key)?.();
    this.#holds.delete(key);
    this.#note(`release ${key}`, 'released', 'released');
  }

  async loadDriver(driver: string): Promise<void> {
    await this.#surroundings.loadDriver(driver);
    this.#note(`load ${driver}`, 'loaded', 'loaded');
  }

  /** Ends whatever holds devices still. */
  async end(): Promise<void> {
    for (const release of this.#holds.values()) await release();
  }

  #note(step: string, outcome: string, expected: string | null): void {
    this.steps.push({ step, outcome });
    if (expected !== null && outcome !== expected) this.#miss(`${outcome}, not ${expected}`);
  }

  #miss(problem: string): void {
    const { step = 'look' } = this.steps.at(-1) ?? {};
    this.unmet.push(`${this.steps.length}, after ${step}: ${problem}`);
  }

  #fill(text: string): string {
    return text.replace(/\{([\w.]+)\}/g, (_, name: string) => this.#address(name));
  }

  /** A VF has the address that its PF's link gives, or gave when it was last looked for. */
  #address(name: string): PciAddress {
    const [, pf = '', index = ''] = /^(\w+)\.vf(\d+)$/.exec(name) ?? [];
    const at = this.#names.get(pf);
    const found = at === undefined ? null : virtualFunctionAt(this.#surroundings.reader, at, Number(index));
    const address = found ?? this.#names.get(name);
    // It never was: the path that it would have is none.
    if (address === undefined) return '0000:ff:1f.7' as PciAddress;
    if (isPciAddress(address)) this.#names.set(name, address);
    return address;
  }
}

function outcomeOf(writing: Writing): string {
  return typeof writing === 'string' ? writing : writing.failed;
}

function differences(seen: Observation, expected: Expected): readonly string[] {
  if (expected === null || seen === null)
    return expected === seen ? [] : [`${seen === null ? 'gone' : 'there'}`];
  return Object.entries(expected).flatMap(([key, value]) => {
    const is = JSON.stringify(seen[key as keyof typeof seen] ?? null);
    return is === JSON.stringify(value) ? [] : [`${key} is ${is}, not ${JSON.stringify(value)}`];
  });
}
