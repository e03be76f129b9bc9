import type { Diagnostic } from '../base/diagnostic.ts';
import { escapeControls } from '../base/text.ts';
import type { HostSession } from '../operations/session/host-session.ts';
import { askedUri, URI_VARIABLE } from '../operations/session/libvirt-connection.ts';
import { renderDiagnostics } from '../render/error-text.ts';
import type { LibvirtValues } from './tables/libvirt-options.ts';

const SHOWN_DIAGNOSTICS = 10;

/**
 * For stderr: the libvirt, if the command line does not name it, and its diagnostics; a document already contains
 * them.
 */
export function machineRemarks(
  args: Pick<LibvirtValues, 'json' | 'verbose'>,
  session: HostSession,
  diagnostics: readonly Diagnostic[],
  program: 'pci' | 'portal',
): string {
  const verbose = args.verbose;
  if (args.json && !verbose) return '';
  const asked = askedUri(session);
  const origin =
    asked?.by === URI_VARIABLE
      ? `${program}: note: using the libvirt at ${escapeControls(asked.uri)} (${URI_VARIABLE})\n`
      : '';
  return (
    origin + renderDiagnostics(program, diagnostics, verbose ? Number.POSITIVE_INFINITY : SHOWN_DIAGNOSTICS)
  );
}
