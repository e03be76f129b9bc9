import { quote } from '../../base/shell-command.ts';
import { BOOT_LOADER_PATHS, FIX_PATHS } from '../../sysfs/paths.ts';
import { type BootLoaderChange, STALE } from '../change.ts';

const STATE_PATH = FIX_PATHS.bootLoaderState;
const CONFIGURATION = BOOT_LOADER_PATHS.grubConfiguration;

/** Stands in scripts that have the boot loader give the kernel arguments. */
export const BOOT_LOADER_HEAD = `
# given WORD...: is a Linux that GRUB starts given all of them?
given() {
  lines=$(tr '\\t' ' ' < ${CONFIGURATION} 2> /dev/null | sed -n 's/^ *linux [^ ]*\\(.*\\)$/\\1 /p')
  for word; do lines=$(printf '%s\\n' "$lines" | grep -F -- " $word ") || return 1; done
}
`;

/** The lines of a change of the boot loader's configuration, by words that a person would type. */
export function bootLoaderLines({ to }: BootLoaderChange): readonly string[] {
  // Only who undoes needs to know that it has begun.
  if (to === STALE) return [':'];
  if (to === null) return ['update-grub', `rm -f -- ${STATE_PATH}`];
  const isGiven = `given ${to.split(' ').map(quote).join(' ')}`;
  return [
    `${isGiven} || update-grub`,
    `${isGiven} || fail ${quote(`no entry of ${CONFIGURATION} has ${to}`)}`,
    `mkdir -p -- ${STATE_PATH.slice(0, STATE_PATH.lastIndexOf('/'))}`,
    `echo ${quote(to)} > ${STATE_PATH}`,
  ];
}
