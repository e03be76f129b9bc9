import { isCategory } from '../../libvirt/machine/category.ts';
import type { ChangeKind } from '../change-kind.ts';
import { isName, isNullOr, isOfMachine, isTextOrNull } from '../change-parts.ts';
import { metadataLine } from './shell-lines.ts';

/** The category of a machine changes, in its definition or in what runs. The rest of the document is left as it is found. */
export interface CategoryChange {
  readonly kind: 'category';
  /** Of the libvirt that has the machine. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly place: 'definition' | 'live';
  /** As it was written, whatever that was; `null` for none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Our element as `virsh metadata --set` takes it, for `to`; `null` where none is left. For scripts alone. */
  readonly metadata: string | null;
}

export const categoryKind = {
  hasForm: (parts) =>
    isOfMachine(parts) &&
    (parts['place'] === 'definition' || parts['place'] === 'live') &&
    isNullOr(parts['from'], isName) &&
    isNullOr(parts['to'], (to) => typeof to === 'string' && isCategory(to)) &&
    isTextOrNull(parts['metadata']),
  /** `about` is the name of the machine. */
  words({ place, to }, about) {
    const what = to === null ? 'no category' : `category ${to}`;
    return `${about}: ${what}${place === 'live' ? ' in what runs' : ''}`;
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
