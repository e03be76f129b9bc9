import type { Diagnostic } from '../base/diagnostic.ts';
import { escapeControls } from '../base/text.ts';
import type { HostPorts } from '../host/host-ports.ts';
import type { HostProposal } from '../operations/change/host-proposal.ts';
import type { HostView } from '../operations/inventory/host-view.ts';
import { HostSession, type SessionOptions } from '../operations/session/host-session.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { PciNames } from '../pci/pci-ids.ts';
import { renderDiagnostics } from '../render/error-text.ts';
import type { OptionDefinition, ValuesOf } from './grammar/command.ts';
import { COLOR_CHOICES } from './terminal/terminal.ts';

/** The options of every command that reads a host. */
export const READING_OPTIONS = {
  host: {
    describe: 'Use a snapshot, or a directory tree with sys/, instead of this machine',
    type: 'string',
    valueName: 'PATH',
    completes: 'file',
  },
  'pci-ids': {
    describe: 'List of PCI ids for names: a file, or the word bundled; default: the list of the system',
    type: 'string',
    valueName: 'FILE',
    suggestions: ['bundled'],
    completes: 'file',
  },
  json: { describe: 'Print JSON', type: 'boolean' },
  verbose: {
    describe: 'Print more on stderr: the source of names, and all notes',
    type: 'boolean',
    alias: 'v',
  },
  color: {
    describe: 'Color output; auto (default) if it goes to a terminal; --color means always, --no-color never',
    type: 'string',
    valueName: 'WHEN',
    choices: COLOR_CHOICES,
    implied: { given: 'always', negated: 'never' },
    negatable: true,
  },
} as const satisfies Record<string, OptionDefinition>;

export type ReadingValues = ValuesOf<typeof READING_OPTIONS>;

const SHOWN_DIAGNOSTICS = 10;

/** The session for the arguments. */
export function sessionOf(
  args: Partial<Pick<ReadingValues, 'host' | 'pciIds'>> &
    Pick<SessionOptions, 'connect' | 'source' | 'project'>,
  ports: HostPorts,
): HostSession {
  const { host, pciIds, connect, source, project } = args;
  return new HostSession(ports, { host, pciIds, connect, source, project });
}

/** The text for stderr in addition to a result: notes on diagnostics, and more with `--verbose`. */
export function remarks(
  args: Pick<ReadingValues, 'json' | 'verbose'>,
  names: PciNames,
  { label }: { readonly label: string },
  diagnostics: readonly Diagnostic[],
): string {
  const verbose = args.verbose;
  const shown = renderDiagnostics('pci', diagnostics, verbose ? Number.POSITIVE_INFINITY : SHOWN_DIAGNOSTICS);
  // A document already contains the diagnostics.
  const notes = args.json && !verbose ? '' : shown;
  if (!verbose) return notes;
  return `pci: host: ${escapeControls(label)}\npci: names from ${escapeControls(names.source)}\n${notes}`;
}

/** For stderr with a view of a host: all diagnostics, or some of them. */
export function viewRemarks(
  args: Pick<ReadingValues, 'json' | 'verbose'>,
  session: HostSession,
  { inventory, origin }: HostView,
  diagnostics: readonly Diagnostic[] = inventory.diagnostics,
): string {
  return remarks(args, session.names, { label: origin }, diagnostics);
}

/** For stderr with a proposal: diagnostics and notes. */
export function proposalRemarks(
  args: Pick<ReadingValues, 'json' | 'verbose'>,
  session: HostSession,
  { diagnostics, notes }: Pick<HostProposal, 'diagnostics' | 'notes'>,
): string {
  return (
    remarks(args, session.names, session.host, diagnostics) +
    notes.map((note) => noteLine('pci', note)).join('')
  );
}

/** Notes on the state of a host, one line each. */
export function noteLines(notes: readonly string[]): string {
  return notes.map((note) => `pci: ${escapeControls(note)}\n`).join('');
}

/** What to know of an answer, as a line. */
export function noteLine(program: 'pci' | 'portal', note: string): string {
  return `${program}: note: ${escapeControls(note)}\n`;
}

/** The text if nothing is shown: there is no device at all, or none that matches. */
export function emptyRemark({ host, devices }: Inventory, suggestion: string | null): string {
  if (devices.length === 0) {
    const what = host.libvirt === undefined ? 'the PCI bus has no devices' : 'libvirt reports no PCI devices';
    return `pci: ${escapeControls(host.label)}: ${what}\n`;
  }
  return `pci: no device matches${suggestion === null ? '' : `; did you mean ${escapeControls(suggestion)}?`}\n`;
}
