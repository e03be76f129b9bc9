import { PortalGunError } from '../../base/errors.ts';

const UNITS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** The form of a size in a definition: a whole number and a unit, as `256MiB`. */
export const SIZE_PATTERN = `^[1-9][0-9]{0,8} ?(${Object.keys(UNITS).join('|')})$`;

const FORM = new RegExp(SIZE_PATTERN);

/**
 * Reads a size as a definition has it: `256MiB`, `8 GiB`. A bare number is refused, because its unit would be a guess.
 *
 * @returns the size in bytes
 * @throws PortalGunError BAD_DEFINITION
 */
export function parseSize(raw: string): number {
  const [, unit] = FORM.exec(raw) ?? [];
  if (unit === undefined) {
    throw new PortalGunError('BAD_DEFINITION', 'not a size', {
      hint: `write a whole number and a unit: ${Object.keys(UNITS).join(', ')}; for example 512MiB`,
    });
  }
  const bytes = Number.parseInt(raw, 10) * UNITS[unit as keyof typeof UNITS];
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new PortalGunError('BAD_DEFINITION', 'larger than any host can provide', {
    hint: 'write a smaller size, for example 8GiB',
  });
}

/** A size in the largest unit that gives a whole number: `256MiB`. */
export function formatExactSize(bytes: number): string {
  const units = Object.entries(UNITS).reverse();
  const [name, factor] = units.find(([, each]) => bytes % each === 0) ?? ['KiB', UNITS.KiB];
  return `${bytes / factor}${name}`;
}
