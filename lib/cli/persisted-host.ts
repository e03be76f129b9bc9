import type { HostReader } from '../host/host-reader.ts';
import type { PendingRecovery } from '../operations/change/pending-recovery.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { BindingStatus } from '../plan/binding/binding-status.ts';
import type { ReadingValues } from './reading-options.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { Dialogue } from './terminal/dialogue.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What a command about what is persisted is given. */
export interface PersistedValues extends ReadingValues, ChangingValues {
  readonly check: boolean;
  readonly forget: readonly string[];
}

/** What a command about what is persisted was given, and the host as it found it. */
export interface AskedHost {
  readonly args: PersistedValues;
  readonly terminal: Terminal;
  readonly dialogue: Dialogue;
  readonly host: HostReader;
  readonly inventory: Inventory;
  /** For standard error. */
  readonly remarks: string;
  readonly pending: PendingRecovery;
}

/** The same, with how the persisted bindings stand. */
export interface PersistedHost extends AskedHost {
  readonly statuses: readonly BindingStatus[];
}
