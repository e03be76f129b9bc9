/** An object whose additional keys are computed together when one of them is first read. */
export function whenAsked<Now extends object, Later extends object>(
  now: Now,
  keys: readonly (keyof Later & string)[],
  make: () => Later,
): Now & Later {
  let made: Later | undefined;
  const asked = (): Later => {
    made ??= make();
    return made;
  };
  const later = keys.map((key) => [key, { enumerable: true, get: () => asked()[key] }] as const);
  return Object.defineProperties({ ...now }, Object.fromEntries(later)) as Now & Later;
}
