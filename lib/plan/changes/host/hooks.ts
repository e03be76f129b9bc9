import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isUri } from '../../change-parts.ts';

/** libvirt reloads its configuration, and calls a new hook from then on: it looks for hooks only then, and when it starts. */
export interface HooksChange {
  readonly kind: 'hooks';
  readonly uri: string;
  /** Whether it calls them, as far as is known. */
  readonly from: boolean;
  readonly to: boolean;
}

/** The files with the process ids of the programs of libvirt that start VMs, by the names of the programs. */
export const LIBVIRT_PIDS: ReadonlyMap<string, string> = new Map([
  ['virtqemud', '/run/virtqemud.pid'],
  ['libvirtd', '/run/libvirtd.pid'],
]);

export const hooksKind = {
  hasForm: ({ uri, from, to }) => isUri(uri) && from === false && to === true,
  words: () => 'libvirt: reload, and check that it calls the hook',
  script: {
    parts: ({ to }) => (to ? ['hooks'] : []),
    checks: () => [],
    lines: ({ to }) => (to ? [`reload_libvirt ${[...LIBVIRT_PIDS.values()].map(quote).join(' ')}`] : []),
  },
  madeBy: 'this-machine',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ uri }) => [`hooks ${uri}`],
  endsWithBoot: () => true,
  // A libvirt that looks for hooks finds none.
  unlessUndone: 'left',
} satisfies ChangeKind<HooksChange>;
