import type { Diagnostic } from '../base/diagnostic.ts';
import { LiveRunner } from '../host/live-runner.ts';
import { Virsh } from '../libvirt/virsh.ts';
import { renderDiagnostics } from '../render/error-text.ts';
import { type Arguments, stringOf, switchOf } from './command.ts';

const SHOWN_DIAGNOSTICS = 10;

/** The libvirt that the arguments name. */
export function virshOf(args: Arguments): Virsh {
  return new Virsh(new LiveRunner(), stringOf(args, 'connect') ?? null);
}

/** What goes to standard error of what a libvirt holds and makes no sense; as data it stands in the document. */
export function machineRemarks(
  args: Arguments,
  diagnostics: readonly Diagnostic[],
  program: 'pci' | 'portal',
): string {
  const verbose = switchOf(args, 'verbose') === true;
  if (switchOf(args, 'json') === true && !verbose) return '';
  return renderDiagnostics(program, diagnostics, verbose ? Number.POSITIVE_INFINITY : SHOWN_DIAGNOSTICS);
}
