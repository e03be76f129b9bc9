import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isNullOr, isOfMachine } from '../../change-parts.ts';

/** Documents of libvirt are some tens of kilobytes. */
const MAX_LENGTH = 1024 * 1024;

/** The definition of a machine in libvirt is created, changed or removed. It is in force from the next start. */
export interface DefinitionChange {
  readonly kind: 'definition';
  /** Of the libvirt that has the machine. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  /** The document, as libvirt has it (`from`) and as it gets it (`to`); `null` for none. */
  readonly from: string | null;
  readonly to: string | null;
}

export const definitionKind = {
  hasForm: (parts) =>
    isOfMachine(parts) &&
    [parts['from'], parts['to']].every((text) => isNullOr(text, isDocument)) &&
    parts['from'] !== parts['to'],
  /** `about` is the name of the machine, and what differs. */
  words({ from, to }, about) {
    if (to === null) return `${about}: remove the definition`;
    return from === null ? `${about}: define` : `${about}: change the definition`;
  },
  script: {
    parts: () => ['machines'],
    checks: () => [],
    lines({ uri, machine, to }) {
      const at = `${quote(uri)} ${machine}`;
      return [to === null ? `undefine ${at}` : `define ${at} ${quote(to)}`];
    },
  },
  madeBy: 'libvirt',
  functions: () => [],
  removesFunctions: false,
  // A definition takes nothing before the machine starts, which is another change.
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ machine }) => [machine],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<DefinitionChange>;

function isDocument(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_LENGTH && /^\s*<domain[\s>]/.test(value);
}
