import { BOOT_PROFILES } from '../../../machines/boot/guest-modules.ts';
import { type Command, defineCommand } from '../../grammar/command.ts';
import { LIBVIRT_OPTIONS } from '../libvirt-options.ts';
import { STORE_OPTIONS, SUITE_OPTION } from './store-options.ts';

const { json, color } = STORE_OPTIONS;
const { connect } = LIBVIRT_OPTIONS;
const PROFILES = Object.keys(BOOT_PROFILES);

/** The commands of `portal` for kernels and initramfs images. */
export const BOOT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'boot build',
    summary: 'Build a kernel and an initramfs from packages',
    description:
      'Download the kernel and busybox packages of the distribution, whose signatures apt checks, and build boot assets from them: the kernel, its uncompressed form, which boots faster under emulation, and an initramfs. Nothing is installed on the host. minivm is a Linux that runs from memory, with a shell on the console. debian starts the root file system of a disk. Requires root.',
    positionals: {
      profile: { describe: `Boot assets to build: ${PROFILES.join(' or ')}`, suggestions: PROFILES },
    },
    options: {
      suite: SUITE_OPTION,
      'kernel-package': {
        describe: 'Kernel package; default: the newest kernel of the release',
        type: 'string',
        valueName: 'PACKAGE',
        completes: 'nothing',
      },
      module: {
        describe: 'Also include a kernel module, with its dependencies',
        type: 'string',
        valueName: 'NAME',
        array: true,
        completes: 'nothing',
      },
      ...STORE_OPTIONS,
    },
    examples: [
      ['sudo portal boot build minivm', 'kernel and initramfs of small machines'],
      ['sudo portal boot build minivm --module mlx5_core', 'with one more driver'],
      ['sudo portal boot build debian --dry-run', 'show the packages only'],
    ],
    load: async () => (await import('../../commands/boot/boot-build.ts')).runBootBuild,
  }),
  defineCommand({
    name: 'boot import',
    summary: 'Import a kernel, initramfs, disk image or kernel package',
    description:
      'Copy a file into the store of boot assets and images, and print the line for the definition of a machine. The file is recognized by its content: a kernel (bzImage or ELF), an initramfs, an ISO, a qcow2 or raw disk image, or a Debian package of a kernel. A qcow2 image that names other files is refused. A file in the /boot directory of the host is refused, because an update of the host replaces it. Requires root.',
    positionals: { file: { describe: 'File to import', completes: 'file' } },
    options: {
      name: {
        describe: 'Name in the store; default: the name of the file',
        type: 'string',
        valueName: 'NAME',
        completes: 'nothing',
      },
      ...STORE_OPTIONS,
    },
    examples: [
      ['sudo portal boot import debian-12.iso', 'an installer'],
      ['sudo portal boot import vmlinuz --name my-kernel', 'a kernel of your own'],
      ['portal boot import disk.qcow2 --dry-run', 'check a file only'],
    ],
    load: async () => (await import('../../commands/boot/boot-import.ts')).runBootImport,
  }),
  defineCommand({
    name: 'boot list',
    summary: 'List kernels and initramfs images of the store',
    description:
      'List the boot assets of the store: the version of the kernel, its forms, the initramfs, and the origin. The exit code is 1 if a file is missing or damaged.',
    positionals: {},
    options: { json, color },
    examples: [['portal boot list', 'all boot assets']],
    load: async () => (await import('../../commands/boot/store-list.ts')).runBootList,
  }),
  defineCommand({
    name: 'boot remove',
    summary: 'Remove boot assets from the store',
    description:
      'Remove boot assets, with the files that no other name needs. The command refuses if a VM uses them, or if libvirt does not answer. Requires root.',
    positionals: { name: { describe: 'Name in the store', completes: 'boot-assets' } },
    options: { connect, ...STORE_OPTIONS },
    examples: [['sudo portal boot remove minivm', 'remove one name']],
    load: async () => (await import('../../commands/boot/store-remove.ts')).runBootRemove,
  }),
  defineCommand({
    name: 'image build',
    summary: 'Build a root image from packages',
    description:
      'Install a minimal system with systemd from the signed packages of the distribution, and store it as a raw disk image that machines have overlays of. It has no boot loader: the boot assets debian start it. Root is logged in on the serial console, which only root of the host can open. Requires root and mmdebstrap.',
    positionals: {
      system: { describe: 'System of the image: debian or ubuntu', suggestions: ['debian', 'ubuntu'] },
    },
    options: {
      suite: SUITE_OPTION,
      name: {
        describe: 'Name in the store; default: SYSTEM, or SYSTEM-SUITE with --suite',
        type: 'string',
        valueName: 'NAME',
        completes: 'nothing',
      },
      include: {
        describe: 'More packages, with commas between',
        type: 'string',
        valueName: 'PACKAGES',
        array: true,
        completes: 'nothing',
      },
      size: {
        describe: 'Size that a guest sees; default: 2GiB',
        type: 'string',
        valueName: 'SIZE',
        suggestions: ['2GiB', '8GiB'],
      },
      ...STORE_OPTIONS,
    },
    examples: [
      ['sudo portal image build debian', 'a minimal system'],
      ['sudo portal image build debian --suite trixie --include nginx', 'another release, with a web server'],
    ],
    load: async () => (await import('../../commands/boot/image-build.ts')).runImageBuild,
  }),
  defineCommand({
    name: 'image list',
    summary: 'List disk images of the store',
    description:
      'List the disk images of the store, with format, size and origin. The exit code is 1 if a file is missing or has another size.',
    positionals: {},
    options: { json, color },
    examples: [['portal image list', 'all images']],
    load: async () => (await import('../../commands/boot/store-list.ts')).runImageList,
  }),
  defineCommand({
    name: 'image remove',
    summary: 'Remove a disk image from the store',
    description:
      'Remove a disk image. The command refuses if a VM uses it, if a disk of a machine is an overlay of it, or if libvirt does not answer. Requires root.',
    positionals: { name: { describe: 'Name in the store', completes: 'stored-image' } },
    options: { connect, ...STORE_OPTIONS },
    examples: [['sudo portal image remove debian', 'remove one image']],
    load: async () => (await import('../../commands/boot/store-remove.ts')).runImageRemove,
  }),
];
