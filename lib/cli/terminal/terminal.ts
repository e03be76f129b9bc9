import { colourStyle, plainStyle, type Style } from '../../render/layout/style.ts';

/** The properties of the output that decide its layout. */
export interface Terminal {
  /** Whether stdout is read by a user: then colors are possible, and lines fit the terminal. */
  readonly interactive: boolean;
  /** The width, `null` for no limit. */
  readonly width: number | null;
  readonly style: Style;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The minimum width for lines: on narrower terminals the output would be unreadable. */
const LEAST_COLUMNS = 40;

/** The width for lines; `null` if a stream is not a terminal, or a terminal without a width. */
export function lineWidthOf({ isTTY, columns = 0 }: OutputStream): number | null {
  return isTTY === true && columns > 0 ? Math.max(columns, LEAST_COLUMNS) : null;
}

/** The values of `--color`. */
export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;

/**
 * The properties of a stream. For colors, `--color` decides, then NO_COLOR (https://no-color.org), then FORCE_COLOR
 * (https://force-color.org), then whether it is a terminal with colors.
 */
export function describeTerminal(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
  color: unknown,
): Terminal {
  const interactive = stream.isTTY === true;
  const isForced = !['', '0', 'false'].includes(environment['FORCE_COLOR'] ?? '');
  const isCapable = interactive && environment['TERM'] !== 'dumb';
  const byDefault = !environment['NO_COLOR'] && (isForced || isCapable);
  return {
    interactive,
    width: lineWidthOf(stream),
    style: color === 'always' || (color !== 'never' && byDefault) ? colourStyle : plainStyle,
  };
}
