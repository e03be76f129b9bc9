import type { Diagnostic } from '../base/diagnostic.ts';
import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { LiveRunner } from '../host/live/live-runner.ts';
import { variableOf } from '../host/this-process.ts';
import { Virsh } from '../libvirt/virsh.ts';
import { renderDiagnostics } from '../render/error-text.ts';
import type { LibvirtValues } from './tables/libvirt-options.ts';

const SHOWN_DIAGNOSTICS = 10;

/** With which every program that asks libvirt is told where, as virsh is: https://libvirt.org/uri.html#default-uri-choice */
const URI_VARIABLE = 'LIBVIRT_DEFAULT_URI';

/** A libvirt that is asked for, and by what. */
export interface AskedUri {
  readonly uri: string;
  readonly by: '--connect' | typeof URI_VARIABLE;
}

/**
 * The URI that the arguments name, or the environment; `null` where neither does.
 *
 * @throws PortalGunError BAD_ARGUMENT for an option that is empty
 */
export function askedUri(args: Partial<Pick<LibvirtValues, 'connect'>>): AskedUri | null {
  const connect = args.connect;
  if (connect?.trim() === '') {
    throw new PortalGunError('BAD_ARGUMENT', 'is empty', { subject: '--connect' });
  }
  if (connect !== undefined) return { uri: connect, by: '--connect' };
  const uri = variableOf(URI_VARIABLE)?.trim() ?? '';
  return uri === '' ? null : { uri, by: URI_VARIABLE };
}

/** The libvirt that is asked for, or that of the system. */
export function virshOf(args: Partial<Pick<LibvirtValues, 'connect'>>): Virsh {
  return new Virsh(new LiveRunner(), askedUri(args)?.uri ?? null);
}

/** For standard error: which libvirt it is, where nothing on the command line says so, and what of it makes no sense; as data it stands in the document. */
export function machineRemarks(
  args: Pick<LibvirtValues, 'json' | 'verbose'> & Partial<Pick<LibvirtValues, 'connect'>>,
  diagnostics: readonly Diagnostic[],
  program: 'pci' | 'portal',
): string {
  const verbose = args.verbose;
  if (args.json && !verbose) return '';
  const asked = askedUri(args);
  const origin =
    asked?.by === URI_VARIABLE
      ? `${program}: note: the libvirt at ${escapeControls(asked.uri)} is asked, by ${URI_VARIABLE}\n`
      : '';
  return (
    origin + renderDiagnostics(program, diagnostics, verbose ? Number.POSITIVE_INFINITY : SHOWN_DIAGNOSTICS)
  );
}
