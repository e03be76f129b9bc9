/** The directories of a guest that the kernel fills, and that of portal-gun itself: nothing of a folder is written there. */
const FORBIDDEN = ['/proc', '/sys', '/dev', '/var/lib/portal'];

export const GUEST_PATH_WORDS =
  'must be an absolute path of the guest, without "." or "..", outside of /proc, /sys, /dev and /var/lib/portal';

/** Whether a text is the path of a file or directory that can be written in a guest. */
export function isGuestPath(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.length <= 500 &&
    /^(\/[^/\p{C}]{1,200})+$/u.test(path) &&
    !path.split('/').some((part) => part === '.' || part === '..') &&
    !FORBIDDEN.some((folder) => path === folder || path.startsWith(`${folder}/`))
  );
}

/** The directories above a path, the outermost first: `/etc`, `/etc/nginx`. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}
