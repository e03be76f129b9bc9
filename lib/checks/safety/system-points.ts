/** Where what a host runs from is mounted: it can't run on without any of them. */
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
