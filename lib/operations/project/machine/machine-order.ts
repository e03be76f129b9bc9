import { PortalGunError } from '../../../base/errors.ts';

/**
 * Sorts names so that each comes after those that it needs, and otherwise keeps their order.
 *
 * @param needs the names that a name needs
 * @throws PortalGunError BAD_DEFINITION if some need each other
 */
export function inOrder(
  names: readonly string[],
  needs: (name: string) => readonly string[],
): readonly string[] {
  const placed = new Set<string>();
  const place = (name: string, above: readonly string[]): void => {
    if (placed.has(name)) return;
    if (above.includes(name)) {
      const circle = [...above.slice(above.indexOf(name)), name].join(' → ');
      throw new PortalGunError('BAD_DEFINITION', `machines start after each other: ${circle}`, {
        subject: 'after',
        hint: 'remove one of them from "after"',
      });
    }
    for (const needed of needs(name)) place(needed, [...above, name]);
    placed.add(name);
  };
  for (const name of names) place(name, []);
  return [...placed];
}
