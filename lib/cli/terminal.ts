import { colourStyle, plainStyle, type Style } from '../render/style.ts';

/** Where output goes, as far as it decides how output looks. */
export interface Terminal {
  /** Whether a person reads standard output: then there may be colour, lines are cut to the width. */
  readonly interactive: boolean;
  /** Columns, `null` where lines may be as long as they need. */
  readonly width: number | null;
  readonly style: Style;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * What a stream is. Colour: `--color` and `--no-color` decide, then NO_COLOR (https://no-color.org), then
 * whether it is a terminal that can.
 */
export function describeTerminal(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
  wantsColour: boolean | undefined,
): Terminal {
  const interactive = stream.isTTY === true;
  const byDefault = interactive && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return {
    interactive,
    width: interactive ? (stream.columns ?? 80) : null,
    style: (wantsColour ?? byDefault) ? colourStyle : plainStyle,
  };
}
