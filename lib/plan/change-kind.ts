import type { HostDevice } from '../libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../pci/address.ts';
import type { Parts } from './change-parts.ts';
import type { SafetyQuestion } from './safety-question.ts';

/** The two states of a change: the new one, and the earlier one. */
export type Direction = 'to' | 'from';

/** Forms from libraries that few runs of the program need: only a reader of a journal loads them. */
export interface OtherForms {
  /** Whether a value is a device of the host in the form for a VM. */
  isHostDevice(value: unknown): boolean;
  /** Whether a value is the identity of a device. */
  isPersistedDevice(value: unknown): boolean;
  /** Whether a value is settings of one VF, each in its form. */
  areSettings(value: unknown, isMac: (mac: unknown) => boolean): boolean;
  /** Whether a path is that of a file that plans write. */
  isOwnPath(path: string): boolean;
}

/** The XML of libvirt in a script. */
export interface XmlTexts {
  /** The element of a device. */
  readonly device: (device: HostDevice) => string;
  /** The element of a new root port. */
  readonly rootPort: (index: number, alias: string) => string;
  /** The namespace of portal-gun in the metadata of VMs, and its prefix. */
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
  | 'networks'
  | 'hooks'
  | 'guests';

/** A change in a script. */
interface ChangeScript<C> {
  readonly parts: (change: C) => readonly ScriptPart[];
  /**
   * The lines that stop if the host now uses what the change takes.
   *
   * @param except the skipped checks, as further words of the line, each after a space
   */
  readonly checks: (change: C, except: string) => readonly string[];
  /** The lines that make the change, and do nothing if it is already made. */
  readonly lines: (change: C, xml: XmlTexts) => readonly string[];
}

/** A module that must be loaded, and the PCI driver that it registers; `null` for a module without one. */
export interface NeededModule {
  readonly module: string;
  readonly driver: string | null;
}

/**
 * All data about one kind of change for planning, scripts, journals, the engine and recovery, except how it is made.
 * Every part is required: a kind without an answer declares that.
 */
export interface ChangeKind<C> {
  /** Whether parts of a journal are a change of this kind, each in its form, because root makes it. */
  readonly hasForm: (parts: Parts, other: OtherForms) => boolean;
  /**
   * A description of it in one line for a user.
   *
   * @param about a name that the change itself does not contain: of the VM or interface, or the purpose of a file
   */
  readonly words: (change: C, about: string) => string;
  readonly script: ChangeScript<C>;
  /** Where it is made: on this machine, by a libvirt, which may be on another, or in the guest of a machine. */
  readonly madeBy: 'this-machine' | 'libvirt' | 'guest';
  /**
   * The functions that it takes in a direction, whose guards are checked; `null` for a change that names none and
   * depends on all functions of its plan, such as a file.
   */
  readonly functions: (change: C, direction: Direction) => readonly PciAddress[] | null;
  /**
   * Whether functions may no longer be on the bus after it: then later steps without functions do not depend on them.
   */
  readonly removesFunctions: boolean;
  /** The question to the safety rules for a direction. */
  readonly safety: (change: C, direction: Direction) => SafetyQuestion;
  /** The module that it loads, which is searched before the first change; `null` for none. */
  readonly loads: (change: C) => NeededModule | null;
  /** The objects of a host that it changes: two changes of the same object share a name. */
  readonly touches: (change: C) => readonly string[];
  /** Whether its result does not survive a restart of the machine, so that nothing must be undone then. */
  readonly endsWithBoot: (change: C) => boolean;
  /**
   * The result for a plan if it cannot be undone: `stuck`, and its journal is kept; `left`, because it does no harm;
   * or `left-if-held`, if the kernel waits for a process that holds one of its functions.
   */
  readonly unlessUndone: 'stuck' | 'left' | 'left-if-held';
}
