import { quote } from '../../../base/shell-command.ts';
import { BOOT_LOADER_PATHS, FIX_PATHS } from '../../../sysfs/paths.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isTextOrNull } from '../../change-parts.ts';
import { STALE } from '../../change-states.ts';

/**
 * The boot loader configuration is generated with `update-grub`, so that the kernel gets the arguments of portal-gun:
 * in one text separated by spaces, or `null` for none. It reads them from a file of portal-gun, so a plan has two
 * such changes, as for `InitramfsChange`.
 */
export interface BootLoaderChange {
  readonly kind: 'boot-loader';
  readonly from: string | null;
  readonly to: string | null;
}

const STATE_PATH = FIX_PATHS.bootLoaderState;
const CONFIGURATION = BOOT_LOADER_PATHS.grubConfiguration;

export const bootLoaderKind = {
  hasForm: ({ from, to }) => isTextOrNull(from) && isTextOrNull(to),
  words({ to }) {
    if (to === STALE) return 'mark the GRUB configuration as stale';
    return `regenerate the GRUB configuration with update-grub, ${withArguments(to)}`;
  },
  script: {
    parts: () => ['boot-loader'],
    checks: () => [],
    lines({ to }) {
      // Only an undo needs to know that it has started.
      if (to === STALE) return [':'];
      if (to === null) return ['update-grub', `rm -f -- ${STATE_PATH}`];
      const isGiven = `given ${to.split(' ').map(quote).join(' ')}`;
      return [
        `${isGiven} || update-grub`,
        `${isGiven} || fail ${quote(`no entry of ${CONFIGURATION} has ${to}`)}`,
        `mkdir -p -- ${STATE_PATH.slice(0, STATE_PATH.lastIndexOf('/'))}`,
        `echo ${quote(to)} > ${STATE_PATH}`,
      ];
    },
  },
  madeBy: 'this-machine',
  // The earlier file is restored whatever happened to the devices.
  functions: (_, direction) => (direction === 'to' ? null : []),
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ kind }) => [kind],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<BootLoaderChange>;

function withArguments(to: string | null): string {
  return to === null ? 'without arguments of pci validate --fix' : `with ${to}`;
}
