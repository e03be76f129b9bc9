/** Where libvirt (6.5 and later) looks for programs that it asks before it starts a machine. */
export const START_HOOKS_FOLDER = '/etc/libvirt/hooks/qemu.d';
export const START_HOOK_PATH = `${START_HOOKS_FOLDER}/portal-gun`;
/** Where it looks for one such program, in all its versions. */
export const SINGLE_START_HOOK_PATH = '/etc/libvirt/hooks/qemu';
