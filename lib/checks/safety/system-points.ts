/** The mount points of the file systems that a host runs from: it cannot run without any of them. */
export const SYSTEM_POINTS: ReadonlySet<string> = new Set([
  '/',
  '/bin',
  '/boot',
  '/boot/efi',
  '/efi',
  '/etc',
  '/gnu/store',
  '/lib',
  '/lib64',
  '/nix',
  '/nix/store',
  '/sbin',
  '/sysroot',
  '/usr',
  '/var',
]);
