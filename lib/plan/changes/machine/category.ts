import { isCategory } from '../../../libvirt/machine/category.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isName, isNullOr, isOfMachine, isTextOrNull } from '../../change-parts.ts';
import { metadataLine } from '../shell-lines.ts';

/** The category of a VM changes, in its definition or in the running VM. The rest of the document is unchanged. */
export interface CategoryChange {
  readonly kind: 'category';
  /** The libvirt of the VM. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly place: 'definition' | 'live';
  /** The original text, valid or not; `null` for none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The element of portal-gun for `virsh metadata --set`, for `to`; `null` if none remains. Only for scripts. */
  readonly metadata: string | null;
}

export const categoryKind = {
  hasForm: (parts) =>
    isOfMachine(parts) &&
    (parts['place'] === 'definition' || parts['place'] === 'live') &&
    isNullOr(parts['from'], isName) &&
    isNullOr(parts['to'], (to) => typeof to === 'string' && isCategory(to)) &&
    isTextOrNull(parts['metadata']),
  /** `about` is the name of the VM. */
  words({ place, to }, about) {
    const what = to === null ? 'remove the category' : `set the category to ${to}`;
    return `${about}: ${what}${place === 'live' ? ' of the running VM' : ''}`;
  },
  script: {
    parts: () => [],
    checks: () => [],
    lines: (change, xml) => [metadataLine(change, change.place === 'live' ? '--live' : '--config', xml)],
  },
  madeBy: 'libvirt',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ machine }) => [machine],
  endsWithBoot: ({ place }) => place === 'live',
  unlessUndone: 'stuck',
} satisfies ChangeKind<CategoryChange>;
