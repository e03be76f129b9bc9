import type { Known } from '../base/known.ts';
import type { Distribution } from '../pci/host-facts.ts';
import { type DistributionFamily, familyOf } from './distribution-family.ts';
import type { Fix } from './fix.ts';

const PACKAGES = {
  qemu: { debian: 'qemu-system-x86', fedora: 'qemu-kvm', arch: 'qemu-base', suse: 'qemu-x86' },
  libvirt: {
    debian: 'libvirt-daemon-system',
    fedora: 'libvirt-daemon-kvm',
    arch: 'libvirt',
    suse: 'libvirt-daemon-qemu',
  },
  uefi: { debian: 'ovmf', fedora: 'edk2-ovmf', arch: 'edk2-ovmf', suse: 'qemu-ovmf-x86_64' },
  virtiofsd: { debian: 'virtiofsd', fedora: 'virtiofsd', arch: 'virtiofsd', suse: 'virtiofsd' },
  kernel: {
    debian: 'linux-image-amd64',
    fedora: 'kernel-modules',
    arch: 'linux',
    suse: 'kernel-default',
  },
} as const satisfies Record<string, Record<DistributionFamily, string>>;

const NAMES: Readonly<Record<keyof typeof PACKAGES, string>> = {
  qemu: 'QEMU',
  libvirt: "libvirt's daemon with its QEMU driver",
  uefi: 'UEFI for machines (OVMF)',
  virtiofsd: 'virtiofsd',
  kernel: 'the kernel with all of its modules',
};

const INSTALL: Readonly<Record<DistributionFamily, string>> = {
  debian: 'apt install',
  fedora: 'dnf install',
  arch: 'pacman -S',
  suse: 'zypper install',
};

/** How something is installed on a distribution: `apt install ovmf`. */
export function installRemedy(what: keyof typeof PACKAGES, distribution: Known<Distribution>): string {
  const family = familyOf(distribution);
  if (family === null) return `install ${NAMES[what]}`;
  return `install ${NAMES[what]}: ${INSTALL[family]} ${PACKAGES[what][family]}`;
}

/** How a word comes on the kernel's command line. */
function argumentRemedy(argument: string, distribution: Known<Distribution>): string {
  const inGrub = `add ${argument} to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, run`;
  switch (familyOf(distribution)) {
    case 'debian':
      return `${inGrub} update-grub, and restart`;
    case 'fedora':
      return `grubby --update-kernel=ALL --args=${argument}, and restart`;
    case 'arch':
      return `${inGrub} grub-mkconfig -o /boot/grub/grub.cfg, and restart; with systemd-boot, to the line "options" of the file in /boot/loader/entries`;
    case 'suse':
      return `${inGrub} grub2-mkconfig -o /boot/grub2/grub.cfg, and restart`;
    default:
      return `add ${argument} to the kernel command line in the settings of the boot loader, and restart`;
  }
}

/** How a word is taken off the kernel's command line. */
export function withoutArgumentRemedy(argument: string, distribution: Known<Distribution>): string {
  switch (familyOf(distribution)) {
    case 'debian':
      return `take ${argument} out of /etc/default/grub, run update-grub, and restart`;
    case 'fedora':
      return `grubby --update-kernel=ALL --remove-args=${argument}, and restart`;
    case 'arch':
      return `take ${argument} out of /etc/default/grub, run grub-mkconfig -o /boot/grub/grub.cfg, and restart`;
    case 'suse':
      return `take ${argument} out of /etc/default/grub, run grub2-mkconfig -o /boot/grub2/grub.cfg, and restart`;
    default:
      return `take ${argument} off the kernel command line in the settings of the boot loader, and restart`;
  }
}

/** What a person does in place of a fix, on a distribution. */
export function fixRemedy(fix: Fix, distribution: Known<Distribution>): string {
  switch (fix.kind) {
    case 'kernel-argument':
      return argumentRemedy(fix.argument, distribution);
    case 'load-module':
      return `modprobe ${fix.module}; for each boot, a line ${fix.module} in a file in /etc/modules-load.d`;
    case 'module-option':
      return `write "options ${fix.module} ${fix.option}" into a file in /etc/modprobe.d, and restart, or load ${fix.module} anew while no machine runs`;
  }
}
