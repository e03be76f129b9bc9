import type { Finding } from '../../checks/finding.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { BindingState, BindingStatus } from '../../plan/binding/binding-status.ts';

/** A persisted entry that a restoration leaves unchanged. */
export interface LeftEntry {
  readonly address: PciAddress;
  readonly reason: LeftReason;
}

/**
 * Why a recorded entry is not restored: the place of its device is unknown, a finding prevents it, or it cannot be
 * done.
 */
export type LeftReason =
  | { readonly kind: 'not-found'; readonly state: BindingState; readonly binding: BindingStatus | null }
  | { readonly kind: 'refused'; readonly finding: Finding }
  | { readonly kind: 'problem'; readonly problem: string };
