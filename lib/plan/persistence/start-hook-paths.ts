/** The folder in which libvirt (6.5 and newer) finds hooks that it runs before it starts a VM. */
export const START_HOOKS_FOLDER = '/etc/libvirt/hooks/qemu.d';
export const START_HOOK_PATH = `${START_HOOKS_FOLDER}/portal-gun`;
/** The path of a single such hook, in all versions of libvirt. */
export const SINGLE_START_HOOK_PATH = '/etc/libvirt/hooks/qemu';
/** The hook that runs the scripts of machines. */
export const EVENT_HOOK_PATH = `${START_HOOKS_FOLDER}/portal-gun-events`;
