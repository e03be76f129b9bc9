import type { Scalar } from 'yaml';

/** The text of a scalar, as written in the file: `0123` is not a number. */
export function textOfScalar({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value));
}
