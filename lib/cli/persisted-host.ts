import type { HostReader } from '../host/host-reader.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { BindingStatus } from '../plan/binding-status.ts';
import type { Arguments } from './command.ts';
import type { Dialogue } from './dialogue.ts';
import type { Terminal } from './terminal.ts';

/** What a command about persisted bindings was given, and the host as it found it. */
export interface PersistedHost {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly dialogue: Dialogue;
  readonly host: HostReader;
  readonly inventory: Inventory;
  readonly statuses: readonly BindingStatus[];
  /** For standard error. */
  readonly remarks: string;
}
