import { type Known, knownValue } from '../../base/known.ts';
import type { BootLoader, Distribution } from '../../facts/host-facts.ts';
import { type DistributionFamily, familyOf } from './distribution-family.ts';
import type { Fix, FixFacts } from './fix.ts';

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
  libvirt: 'the libvirt daemon with its QEMU driver',
  uefi: 'UEFI firmware for VMs (OVMF)',
  virtiofsd: 'virtiofsd',
  kernel: 'the kernel with all its modules',
};

const INSTALL: Readonly<Record<DistributionFamily, string>> = {
  debian: 'apt install',
  fedora: 'dnf install',
  arch: 'pacman -S',
  suse: 'zypper install',
};

/** The command that installs a package on a distribution: `apt install ovmf`. */
export function installRemedy(what: keyof typeof PACKAGES, distribution: Known<Distribution>): string {
  const family = familyOf(distribution);
  if (family === null) return `install ${NAMES[what]}`;
  return `install ${NAMES[what]}: ${INSTALL[family]} ${PACKAGES[what][family]}`;
}

const GRUB_SETTING = 'GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub';
const ENTRIES = 'the line "options" of each entry that bootctl list names';

/** How to add a word to the kernel command line. */
function argumentRemedy(argument: string, facts: FixFacts): string {
  const inGrub = `add ${argument} to ${GRUB_SETTING}, run`;
  switch (loaderOf(facts)) {
    case 'rpm-ostree':
      return `rpm-ostree kargs --append-if-missing=${argument}, and reboot`;
    case 'proxmox-boot-tool':
      return `add ${argument} to /etc/kernel/cmdline, or, with GRUB, to ${GRUB_SETTING}, run proxmox-boot-tool refresh, and reboot`;
    case 'systemd-boot':
      return `add ${argument} to ${ENTRIES} and, for future kernels, to /etc/kernel/cmdline, and reboot`;
    case 'grubby':
      return `grubby --update-kernel=ALL --args=${argument}, and reboot`;
    case 'update-grub':
      return `${inGrub} update-grub, and reboot`;
    case 'arch':
      return `${inGrub} grub-mkconfig -o /boot/grub/grub.cfg, and reboot; with systemd-boot, to the line "options" of the file in /boot/loader/entries`;
    case 'suse':
      return `${inGrub} grub2-mkconfig -o /boot/grub2/grub.cfg, and reboot`;
    default:
      return `add ${argument} to the kernel command line in the boot loader settings, and reboot`;
  }
}

/** How to remove a word from the kernel command line. */
export function withoutArgumentRemedy(argument: string, facts: FixFacts): string {
  const inGrub = `remove ${argument} from /etc/default/grub, run`;
  switch (loaderOf(facts)) {
    case 'rpm-ostree':
      return `rpm-ostree kargs --delete-if-present=${argument}, and reboot`;
    case 'proxmox-boot-tool':
      return `remove ${argument} from /etc/kernel/cmdline or, with GRUB, from /etc/default/grub, run proxmox-boot-tool refresh, and reboot`;
    case 'systemd-boot':
      return `remove ${argument} from ${ENTRIES} and from /etc/kernel/cmdline, and reboot`;
    case 'grubby':
      return `grubby --update-kernel=ALL --remove-args=${argument}, and reboot`;
    case 'update-grub':
      return `${inGrub} update-grub, and reboot`;
    case 'arch':
      return `${inGrub} grub-mkconfig -o /boot/grub/grub.cfg, and reboot`;
    case 'suse':
      return `${inGrub} grub2-mkconfig -o /boot/grub2/grub.cfg, and reboot`;
    default:
      return `remove ${argument} from the kernel command line in the boot loader settings, and reboot`;
  }
}

/** The boot loader, if it is certain; otherwise the usual one of the distribution. */
function loaderOf({ bootLoader, distribution }: FixFacts): BootLoader | 'arch' | 'suse' | null {
  const loader = knownValue(bootLoader);
  if (loader !== undefined && loader !== 'other') return loader;
  const family = familyOf(distribution);
  return family === 'debian' ? 'update-grub' : family === 'fedora' ? 'grubby' : family;
}

/** The manual alternative to a fix, on a host. */
export function fixRemedy(fix: Fix, facts: FixFacts): string {
  switch (fix.kind) {
    case 'kernel-argument':
      return argumentRemedy(fix.argument, facts);
    case 'load-module':
      return `modprobe ${fix.module}; for each boot, a line ${fix.module} in a file in /etc/modules-load.d`;
    case 'module-option':
      return `write "options ${fix.module} ${fix.option}" to a file in /etc/modprobe.d, and reboot, or reload ${fix.module} while no VM runs`;
    case 'lock-limit':
      return `write "${fix.user} - memlock ${fix.sizeBytes / 1024}" to a file in /etc/security/limits.d, and log in again`;
    case 'persisted':
      return 'persist the changes again: pci bind --persist, pci sriov set --persist';
  }
}

/** The remedy for VFs in the group of their card. */
export const APART_REMEDY =
  'move the card to a slot behind a port with ACS (pci tree), or enable ACS in the firmware setup, or pass the whole card through without VFs';
