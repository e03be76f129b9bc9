import type { YamlFault } from '../../base/yaml-form.ts';
import type { MachineDefinition } from '../definition/machine-definition.ts';
import type { DesiredPart, GuestCheck, GuestInit } from './guest-state.ts';

/** A network card of a machine, as its guest finds it. */
export interface GuestCard {
  readonly mac: string;
  /** The name of its interface in the guest; `null` if the guest has none with this MAC address. */
  readonly interfaceName: string | null;
}

/** The data from which a module is rendered. */
export interface ModuleContext {
  readonly definition: MachineDefinition;
  readonly init: GuestInit;
  /** The virtual network cards, in the order of `nics`. */
  readonly nics: readonly GuestCard[];
  /** The first interface of each entry of `pci`; `null` if its MAC address is unknown. */
  readonly pci: readonly (GuestCard | null)[];
  /** The interfaces of the guest, by MAC address. */
  readonly interfaceNames: ReadonlyMap<string, string>;
  /** The place of the module in the definition, for what it demands. */
  readonly origin: string;
}

/** What a module demands of a guest. */
export interface ModuleParts {
  readonly parts: readonly DesiredPart[];
  readonly checks: readonly GuestCheck[];
}

/** A part of provisioning: its options, what it demands of a guest, and questions to the guest whether it works. */
export interface ProvisionModule<Options> {
  readonly summary: string;
  /** The faults of options that are valid on their own, but not in this definition. Paths begin at the options. */
  readonly faults: (options: Options, definition: MachineDefinition) => readonly YamlFault[];
  /**
   * @throws PortalGunError CANNOT_PROVISION if this guest cannot be provided with it
   */
  readonly render: (options: Options, context: ModuleContext) => ModuleParts;
}

/** No faults: for modules whose options depend on nothing else. */
export const noFaults = (): readonly YamlFault[] => [];
