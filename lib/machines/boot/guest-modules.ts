import { moduleNameOf } from './kernel-modules.ts';

/** The modules that every guest may need to find its devices, by purpose. */
const GUEST_MODULES: Readonly<Record<string, readonly string[]>> = {
  virtio: [
    ...['virtio_pci', 'virtio_mmio', 'virtio_blk', 'virtio_net', 'virtio_scsi', 'virtio_console'],
    ...['virtio_rng', 'virtio_balloon', 'virtio_input'],
  ],
  shares: ['9p', '9pnet_virtio', 'virtiofs'],
  disks: ['ahci', 'ata_piix', 'nvme', 'sd_mod', 'sr_mod', 'usb_storage', 'uas', 'loop', 'dm_mod'],
  'file systems': [
    'overlay',
    'ext4',
    'vfat',
    'isofs',
    'squashfs',
    'nls_cp437',
    'nls_ascii',
    'nls_iso8859_1',
    'nls_utf8',
  ],
  // The kernel requests them by other names: no file system depends on its checksum.
  checksums: ['crc32c_generic', 'crc32c_intel', 'sha256_generic'],
  'network cards': [
    ...['e1000e', 'e1000', 'igb', 'igbvf', 'igc', 'ixgbe', 'ixgbevf', 'i40e', 'iavf', 'r8169', '8139cp'],
  ],
  networks: ['bridge', '8021q', 'tun', 'veth', 'macvlan', 'dummy'],
  firewalls: [
    ...[
      'nf_tables',
      'nft_ct',
      'nft_chain_nat',
      'nft_nat',
      'nft_masq',
      'nft_redir',
      'nft_reject',
      'nft_reject_inet',
    ],
    ...['nft_limit', 'nft_log', 'nft_compat', 'nf_conntrack', 'nf_nat', 'br_netfilter'],
    ...['iptable_filter', 'iptable_nat', 'xt_MASQUERADE', 'xt_conntrack', 'xt_tcpudp', 'xt_addrtype'],
  ],
  consoles: ['xhci_pci', 'ehci_pci', 'uhci_hcd', 'ohci_pci', 'usbhid', 'hid_generic'],
  power: ['button', 'evdev', 'i6300esb', 'iTCO_wdt'],
  sockets: ['vmw_vsock_virtio_transport'],
};

/** The large ones, for which a guest of 128 MiB has no room: drivers of fast cards, hypervisors, disks of a distribution. */
const SYSTEM_MODULES: readonly string[] = [
  ...['mlx5_core', 'ice', 'bnxt_en', 'tg3', 'wireguard'],
  ...[
    'kvm',
    'kvm_intel',
    'kvm_amd',
    'vfio_pci',
    'vfio_iommu_type1',
    'vhost_net',
    'vhost_vsock',
    'vsock_loopback',
  ],
  ...['xfs', 'btrfs', 'dm_crypt', 'dm_thin_pool', 'raid1', 'raid0', 'raid456', 'nls_utf8'],
  ...['xxhash_generic', 'blake2b_generic', 'aesni_intel', 'xts', 'cbc', 'dm_mod', 'zram'],
  ...['virtio_gpu', 'bochs', 'qemu_fw_cfg', 'configfs', 'autofs4', 'binfmt_misc'],
];

/** The names of boot assets that can be built, with their purposes. */
export const BOOT_PROFILES = {
  minivm: 'a guest that is only our initramfs: no disk, no firmware',
  debian: 'a guest with the root file system of a distribution on a disk',
} as const;

export type BootProfile = keyof typeof BOOT_PROFILES;

/** The names of the modules that a profile has, if the kernel has them as modules. */
export function modulesOf(profile: BootProfile): ReadonlySet<string> {
  const names = Object.values(GUEST_MODULES).flat();
  return new Set(profile === 'debian' ? [...names, ...SYSTEM_MODULES] : names);
}

/** The files of modules with names, among all files of a kernel: `kernel/fs/9p/9p.ko`. */
export function moduleFiles(paths: readonly string[], names: ReadonlySet<string>): readonly string[] {
  return paths.filter((path) => {
    const name = moduleNameOf(path);
    return name !== null && names.has(name);
  });
}
