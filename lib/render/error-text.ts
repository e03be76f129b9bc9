import type { Diagnostic } from '../base/diagnostic.ts';
import { ERRORS, EXIT, type PortalGunError } from '../base/errors.ts';
import { count, escapeControls } from '../base/text.ts';
import type { ErrorDocument } from '../documents/error.ts';

const MOST_CAUSES = 5;

/** An error in the form of both programs: `pci: subject: problem [CODE]`, the hint, the causes. */
export function renderError(program: string, error: PortalGunError): string {
  const subject = error.subject === null ? '' : `${escapeControls(error.subject)}: `;
  return [
    `${program}: ${subject}${escapeControls(error.message)} [${error.code}]\n`,
    `hint: ${escapeControls(error.hint)}\n`,
    ...causesOf(error).map((cause) => `cause: ${cause}\n`),
  ].join('');
}

/** The messages of the causes of an error, the direct cause first. */
function causesOf(error: Error): readonly string[] {
  const causes: string[] = [];
  for (let at = error.cause; at instanceof Error && causes.length < MOST_CAUSES; at = at.cause) {
    causes.push(escapeControls(at.message));
  }
  return causes;
}

/** The same as data, for `--json`. */
export function errorDocument(error: PortalGunError): ErrorDocument {
  return {
    schema: 'portal-gun/error/v1',
    error: {
      code: error.code,
      exit: ERRORS[error.code].exit,
      exitCode: error.exitCode,
      subject: error.subject,
      message: error.message,
      hint: error.hint,
      causes: causesOf(error),
    },
  };
}

/** The hint for a bug in portal-gun. */
export const REPORT_HINT =
  'report it with this output; pci snapshot -o FILE captures the host for the report';

/** A bug in portal-gun as data, for `--json`. */
export function internalErrorDocument(error: unknown, versions: string): ErrorDocument {
  const message = `this is a bug in ${versions}: ${error instanceof Error ? error.message : String(error)}`;
  return {
    schema: 'portal-gun/error/v1',
    error: {
      code: 'INTERNAL',
      exit: 'internal',
      exitCode: EXIT.internal,
      subject: null,
      message: escapeControls(message),
      hint: REPORT_HINT,
      causes: [],
    },
  };
}

/** A bug in portal-gun: the error, the versions, and how to report it. */
export function renderInternalError(program: string, error: unknown, versions: string): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `${program}: this is a bug in ${versions} [INTERNAL]\n`,
    `hint: ${REPORT_HINT}\n`,
    `${trace.split('\n').map(escapeControls).join('\n')}\n`,
  ].join('');
}

/** The diagnostics of a reader, one line each, the first `most` of them. */
export function renderDiagnostics(program: string, diagnostics: readonly Diagnostic[], most: number): string {
  const lines = diagnostics
    .slice(0, most)
    .map(
      ({ subject, code, message }) =>
        `${program}: ${escapeControls(subject)}: ${escapeControls(message)} [${code}]\n`,
    );
  const rest = diagnostics.length - lines.length;
  if (rest > 0) lines.push(`${program}: ${count(rest, 'more note')} like these: see --verbose or --json\n`);
  return lines.join('');
}
