import type { HostDevice } from '../libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../pci/address.ts';
import type { Parts } from './change-parts.ts';
import type { SafetyQuestion } from './safety-question.ts';

/** The two states of a change: that it leads to, and that it came from. */
export type Direction = 'to' | 'from';

/** Forms that are known elsewhere, by libraries that few starts of the program need: only who reads a journal loads them. */
export interface OtherForms {
  /** Whether a value is a device of the host as a machine is given it. */
  isHostDevice(value: unknown): boolean;
  /** Whether a value is what identifies a device wherever it is. */
  isPersistedDevice(value: unknown): boolean;
  /** Whether a value is settings of one VF, each in its form. */
  areSettings(value: unknown, isMac: (mac: unknown) => boolean): boolean;
  /** Whether a path is of a file that our plans write. */
  isOwnPath(path: string): boolean;
}

/** How a script writes what libvirt keeps as XML. */
export interface XmlTexts {
  /** The element that gives a device. */
  readonly device: (device: HostDevice) => string;
  /** The element of a root port that is added. */
  readonly rootPort: (index: number, alias: string) => string;
  /** Our namespace in the metadata of machines, and its prefix. */
  readonly namespace: string;
  readonly prefix: string;
}

/** The functions of the shell that the lines of a change call, besides those that every script has. */
export type ScriptPart =
  | 'vf-checks'
  | 'vfs'
  | 'boot-loader'
  | 'definitions'
  | 'running-machines'
  | 'machines'
  | 'networks';

/** How a change is written into a script. */
interface ChangeScript<C> {
  readonly parts: (change: C) => readonly ScriptPart[];
  /**
   * The lines that stop if the host uses by now what the change takes.
   *
   * @param except what they do not look at, as further words of the line, each after a blank
   */
  readonly checks: (change: C, except: string) => readonly string[];
  /** The lines that make it, and nothing where it is made. */
  readonly lines: (change: C, xml: XmlTexts) => readonly string[];
}

/** A module that has to be loaded, and the driver of PCI that it registers; `null` for a module of anything else. */
export interface NeededModule {
  readonly module: string;
  readonly driver: string | null;
}

/**
 * Everything that planning, scripts, journals, the engine and recovery have to know of one kind of change, but for how it is
 * made. Every part has to be given: a kind for which there is nothing to be said of one says that.
 */
export interface ChangeKind<C> {
  /** Whether parts of a journal are a change of this kind, each in its form: root makes it. */
  readonly hasForm: (parts: Parts, other: OtherForms) => boolean;
  /**
   * What it does in a line for a person.
   *
   * @param about what the change does not hold of itself: the name of a machine or interface, what a file is for
   */
  readonly words: (change: C, about: string) => string;
  readonly script: ChangeScript<C>;
  /** Who makes it: this machine, or a libvirt, which may be that of another. */
  readonly madeBy: 'this-machine' | 'libvirt';
  /**
   * The functions that it takes when it goes in a direction, whose guards are asked; `null` for a change that names none and
   * depends on all that its plan is about, such as a file.
   */
  readonly functions: (change: C, direction: Direction) => readonly PciAddress[] | null;
  /** Whether functions may be gone from the bus after it: no later step that names none depends on those then. */
  readonly removesFunctions: boolean;
  /** What the safety rules are asked before it goes in a direction. */
  readonly safety: (change: C, direction: Direction) => SafetyQuestion;
  /** The module that it loads, which is looked for before anything is changed; `null` for none. */
  readonly loads: (change: C) => NeededModule | null;
  /** What of a host it changes, by names that two changes share if they change the same. */
  readonly touches: (change: C) => readonly string[];
  /** Whether what it made is gone once the machine starts anew: nothing of it is left to be undone then. */
  readonly endsWithBoot: (change: C) => boolean;
  /**
   * What becomes of a plan if it cannot be undone: `stuck`, and its journal is kept; `left`, as that harms nobody; or
   * `left-if-held`, if the kernel itself waits for whoever holds one of its functions.
   */
  readonly unlessUndone: 'stuck' | 'left' | 'left-if-held';
}
