/** The errors about files: kernels and images of the store, and output: rows of the table of all errors. */
export const FILE_ERRORS = {
  BOOT_OF_HOST: {
    exit: 'refused',
    summary:
      'A file is in the /boot directory of the host. An update of the host would change or delete it, and the machine would not boot.',
    remedy:
      'build boot assets from the packages of the distribution: portal boot build minivm; or copy the file elsewhere and import the copy: portal boot import FILE',
  },
  UNKNOWN_IMAGE: {
    exit: 'usage',
    summary: 'A file is not a kernel, initramfs, disk image or kernel package that a machine can use.',
    remedy:
      'use a bzImage or ELF kernel, an initramfs, an ISO, qcow2 or raw image, or a kernel package (.deb)',
  },
  NOT_IN_STORE: {
    exit: 'notFound',
    summary: 'The store of boot assets and images does not have this name.',
    remedy: 'list what it has: portal boot list, portal image list',
  },
  STORE_IN_USE: {
    exit: 'refused',
    summary:
      'A machine uses boot assets or an image that would be removed, or it is unknown whether one does.',
    remedy: 'remove the machine first, or use another image for it',
  },
  STORE_FAILED: {
    exit: 'toolFailed',
    summary: 'A file of the store of boot assets and images cannot be read or written, or was changed.',
    remedy: 'check /var/lib/portal-gun; remove the damaged asset and build or import it again',
  },
  NO_SPACE: {
    exit: 'toolFailed',
    summary: 'A disk has too little free space. Nothing was written.',
    remedy: 'free space on the disk of /var/lib/portal-gun',
  },
  NO_PACKAGES: {
    exit: 'unsupported',
    summary: 'The host cannot provide the packages to build boot assets or an image from.',
    remedy: 'import files of your own: portal boot import FILE',
  },
  FILE_EXISTS: {
    exit: 'refused',
    summary: 'An output file already exists and has different contents.',
    remedy: 'use another path, or replace the file: --overwrite',
  },
  OUTPUT_FAILED: {
    exit: 'toolFailed',
    summary:
      'The output could not be written to a file, stdout or stderr. A change that was made or undone stays so.',
    remedy: 'check the directory, its permissions and the free space',
  },
} as const;
