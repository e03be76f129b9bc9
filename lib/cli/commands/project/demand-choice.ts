import { PortalGunError } from '../../../base/errors.ts';

/** The machines that a command line names. */
interface Choice {
  readonly machines: readonly string[];
  readonly type: readonly string[];
  readonly all: boolean;
}

/** @throws PortalGunError BAD_ARGUMENT without names, `--type` and `--all` */
export function demandChoice({ machines, type, all }: Choice): void {
  if (all || machines.length > 0 || type.length > 0) return;
  throw new PortalGunError('BAD_ARGUMENT', 'no machine given', {
    hint: 'name machines, or use --type or --all',
  });
}
