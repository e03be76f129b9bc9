import type { ScopeValues } from './change-scope.ts';
import type { ReadingValues } from './reading-options.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { HostdevValues } from './tables/hostdev-options.ts';
import type { LibvirtValues } from './tables/libvirt-options.ts';
import type { MachineValues } from './tables/machine-options.ts';

/** What `pci assign` is given. */
export interface AssignValues
  extends MachineValues,
    ScopeValues,
    ChangingValues,
    ReadingValues,
    Pick<LibvirtValues, 'connect'>,
    Pick<HostdevValues, 'vlan' | 'rom' | 'managed'> {
  readonly devices: readonly string[];
  readonly byRules: boolean;
  readonly rules: string | undefined;
  readonly printRules: boolean;
  readonly policy: string | undefined;
  readonly persist: boolean;
}
