import type { ScopeValues } from './change-scope.ts';
import type { ChangingValues } from './changing-options.ts';
import type { HandOverValues } from './hand-over-options.ts';
import type { LibvirtValues } from './libvirt-options.ts';
import type { MachineValues } from './machine-options.ts';
import type { ReadingValues } from './reading-options.ts';

/** What `pci assign` is given. */
export interface AssignValues
  extends MachineValues,
    ScopeValues,
    ChangingValues,
    ReadingValues,
    Pick<LibvirtValues, 'connect'>,
    Pick<HandOverValues, 'vlan' | 'rom' | 'managed'> {
  readonly devices: readonly string[];
  readonly byRules: boolean;
  readonly rules: string | undefined;
  readonly printRules: boolean;
  readonly policy: string | undefined;
  readonly persist: boolean;
}
