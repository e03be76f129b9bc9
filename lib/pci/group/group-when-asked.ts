/** The facts of a group that do not follow from its members. */
interface Judged {
  readonly name?: unknown;
  readonly type: unknown;
  readonly reservedRegions: unknown;
  readonly verdict: unknown;
  readonly obstacles: unknown;
}

/**
 * A group that is judged when that is first looked at. Accessors in a literal: for thousands of groups, to define each property by
 * a call takes as long as to read a tenth of the host.
 */
export function groupWhenAsked<Members, Later extends Judged>(
  id: number,
  members: Members,
  judge: () => Later,
): { readonly id: number; readonly members: Members } & Later {
  let judged: Later | undefined;
  const asked = (): Later => {
    judged ??= judge();
    return judged;
  };
  const group = {
    id,
    members,
    get name() {
      return asked().name;
    },
    get type() {
      return asked().type;
    },
    get reservedRegions() {
      return asked().reservedRegions;
    },
    get verdict() {
      return asked().verdict;
    },
    get obstacles() {
      return asked().obstacles;
    },
  };
  return group as { readonly id: number; readonly members: Members } & Later;
}
