import { colourStyle, plainStyle, type Style } from '../../render/layout/style.ts';

/** Where output goes, as far as it decides how output looks. */
export interface Terminal {
  /** Whether a person reads standard output: then there may be colour, lines are made to fit. */
  readonly interactive: boolean;
  /** Columns, `null` where lines may be as long as they need. */
  readonly width: number | null;
  readonly style: Style;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a terminal has fewer columns, lines are made for so many: with less there is nothing left to read. */
const LEAST_COLUMNS = 40;

/** The columns that lines are made for; `null` where a stream is no terminal, or one that says it has none. */
export function lineWidthOf({ isTTY, columns = 0 }: OutputStream): number | null {
  return isTTY === true && columns > 0 ? Math.max(columns, LEAST_COLUMNS) : null;
}

/** The values of `--color`. */
export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;

/**
 * What a stream is. Colour: `--color` decides, then NO_COLOR (https://no-color.org), then FORCE_COLOR
 * (https://force-color.org), then whether it is a terminal that can.
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
