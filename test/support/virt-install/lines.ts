// Ordinary lines of virt-install, and for each the machine that has the same devices. `fixtures/virt-install` has what each line
// prints; on a host with virt-install, and files in /srv/vm, `CAPTURE_VIRT_INSTALL=1 npx vitest run test/operations/virt-install.test.ts` records it again.

export interface VirtInstallLine {
  readonly title: string;
  /** The options after `virt-install --name NAME`. */
  readonly options: string;
  /** What is printed: the definition for the installer (1), or for later (2); nothing if there is only one. */
  readonly step?: 1 | 2;
  readonly definition: string;
  /** A file `xml/NAME.xml` of its folder. */
  readonly fragment?: { readonly file: string; readonly text: string };
  /** The differences that only this line has, with their reasons. */
  readonly differences?: Readonly<Record<string, string>>;
}

const IMPORT = '--import --disk /srv/vm/debian.qcow2';
const SMALL = '--memory 1024 --osinfo debian11';
const SYSTEM = '  - { name: system, source: debian.qcow2 }\n';

/** By the name of the VM. */
export const VIRT_INSTALL_LINES: Readonly<Record<string, VirtInstallLine>> = {
  web: {
    title: 'Import a disk image',
    options: `--memory 2048 --vcpus 2 --osinfo debian11 ${IMPORT} --network network=default --graphics none`,
    definition: `category: service
memory: 2GiB
cpus: 2
disks:
${SYSTEM}nics:
  - network: default
`,
    fragment: {
      file: 'guest-agent.xml',
      text: `<devices>
  <channel type="unix">
    <target type="virtio" name="org.qemu.guest_agent.0"/>
  </channel>
</devices>
`,
    },
  },
  desk: {
    title: 'Install from a CD-ROM image, with a display',
    options:
      '--memory 4096 --vcpus 2 --osinfo debian11 --cdrom /srv/vm/debian.iso --disk size=20 --network network=default --graphics vnc',
    step: 1,
    definition: `category: application
memory: 4GiB
cpus: 2
disks:
  - { name: system, size: 20GiB }
  - { name: cd, source: debian.iso, cdrom: true }
nics:
  - network: default
display: vnc
`,
    differences: {
      'virt-install: display virtio':
        '`display: vnc` has a VGA card, which each firmware and installer can use. `display: virtio` has no VNC.',
      'portal: display vga': 'See the line above.',
      'virt-install: on reboot destroy':
        'virt-install starts the VM again with another definition. Here the first reboot starts the installed disk.',
      'portal: on reboot restart': 'See the line above.',
    },
  },
  net0: {
    title: 'Install with the kernel of an installer (`--location`)',
    options: `${SMALL} --location /srv/vm/debian.iso,kernel=install.amd/vmlinuz,initrd=install.amd/initrd.gz --extra-args console=ttyS0 --disk size=5 --network none --graphics none`,
    step: 1,
    definition: `category: service
memory: 1GiB
cpus: 2
boot: { kernel: boot/vmlinuz, initrd: boot/initrd.gz, arguments: console=ttyS0 }
disks:
  - { name: system, size: 5GiB }
  - { name: cd, source: debian.iso, cdrom: true }
on: { reboot: destroy }
`,
  },
  direct: {
    title: 'Start a kernel directly',
    options: `${SMALL} ${IMPORT} --boot kernel=/srv/vm/vmlinuz,initrd=/srv/vm/initrd.img,kernel_args="console=ttyS0 root=/dev/vda1" --network none --graphics none`,
    definition: `category: service
memory: 1GiB
cpus: 2
boot: { kernel: boot/vmlinuz, initrd: boot/initrd.img, arguments: root=/dev/vda1 }
disks:
${SYSTEM}`,
  },
  pxe: {
    title: 'Install from the network, on a bridge',
    options: `${SMALL} --pxe --disk size=10 --network bridge=br0,mac=52:54:00:12:34:56 --graphics none`,
    step: 1,
    definition: `category: service
memory: 1GiB
cpus: 2
disks:
  - { name: system, size: 10GiB }
nics:
  - { bridge: br0, mac: 52:54:00:12:34:56, boot: true }
`,
    differences: {
      'virt-install: on reboot destroy':
        'virt-install starts the VM again with another definition. Here the first reboot starts the installed disk.',
      'portal: on reboot restart': 'See the line above.',
    },
  },
  sandbox: {
    title: 'A serial console and no network',
    options: `--memory 512 --osinfo generic ${IMPORT} --network none --graphics none --serial pty`,
    definition: `category: application
memory: 512MiB
disks:
  - { name: system, source: debian.qcow2, bus: sata }
rng: false
`,
    differences: {
      'virt-install: machine type i440fx':
        'A machine is always `q35`: only it has PCI Express, which devices of the host need.',
      'portal: machine type q35': 'See the line above.',
      'virt-install: disk qcow2 on ide': '`q35` has no IDE. `bus: sata` has drivers in each system, too.',
      'portal: disk qcow2 on sata': 'See the line above.',
      'virt-install: controller usb ich9-ehci1': 'No USB controller without a device that uses it.',
      'virt-install: controller usb ich9-uhci1': 'See the line above.',
      'virt-install: controller usb ich9-uhci2': 'See the line above.',
      'virt-install: controller usb ich9-uhci3': 'See the line above.',
    },
  },
  uefi: {
    title: 'UEFI firmware',
    options: `${SMALL} ${IMPORT} --boot uefi --network network=default,model=e1000e --graphics none`,
    definition: `category: service
memory: 1GiB
cpus: 2
firmware: uefi
disks:
${SYSTEM}nics:
  - { network: default, model: e1000e }
`,
  },
  win11: {
    title: 'Windows 11 with a TPM',
    options:
      '--memory 8192 --vcpus 4 --osinfo win11 --import --disk /srv/vm/win11.qcow2 --boot uefi --tpm default --network network=default --graphics spice',
    definition: `category: controller
memory: 8GiB
cpus: 4
firmware: uefi
tpm: true
rng: false
display: vnc
disks:
  - { name: system, source: win11.qcow2, bus: sata }
nics:
  - { network: default, model: e1000e }
`,
    fragment: {
      file: 'windows.xml',
      text: `<domain>
  <features>
    <hyperv>
      <relaxed state="on"/>
      <vapic state="on"/>
      <spinlocks state="on" retries="8191"/>
    </hyperv>
    <vmport state="off"/>
  </features>
  <clock offset="localtime">
    <timer name="rtc" tickpolicy="catchup"/>
    <timer name="pit" tickpolicy="delay"/>
    <timer name="hpet" present="no"/>
    <timer name="hypervclock" present="yes"/>
  </clock>
  <devices>
    <sound model="ich9"/>
  </devices>
</domain>
`,
    },
    differences: {
      'virt-install: graphics spice':
        '`display: vnc` is on a socket of the machine that only root and QEMU can open. SPICE: add `<graphics>` and `<video>` in a fragment.',
      'portal: graphics vnc': 'See the line above.',
      'virt-install: display qxl': 'qxl is for SPICE.',
      'portal: display vga': 'See the line above.',
      'virt-install: channel com.redhat.spice.0': 'Part of SPICE.',
      'virt-install: redirdev spicevmc usb': 'Part of SPICE.',
    },
  },
  watched: {
    title: 'Watchdog, random numbers and events',
    options: `${SMALL} ${IMPORT} --network network=default --graphics none --rng /dev/urandom --watchdog i6300esb,action=reset --memballoon none --events on_crash=restart`,
    definition: `category: router
memory: 1GiB
cpus: 2
watchdog: reset
disks:
${SYSTEM}nics:
  - network: default
on: { crash: restart }
`,
  },
  gpu: {
    title: 'Devices of the host',
    options: `${SMALL} ${IMPORT} --boot uefi --network none --graphics none --hostdev pci_0000_00_04_0 --hostdev 00:05.0,rom.bar=off`,
    definition: `category: controller
accelerator: kvm
memory: 1GiB
cpus: 2
firmware: uefi
disks:
${SYSTEM}pci:
  - select: '06:00.0'
    rom: true
  - select: '07:00.0'
    rom: false
`,
  },
  shared: {
    title: 'Share a directory by 9p',
    options: `${SMALL} ${IMPORT} --network none --graphics none --filesystem /srv/vm/data,data`,
    definition: `category: service
memory: 1GiB
cpus: 2
disks:
${SYSTEM}shares:
  - { name: data, source: data, mode: rw }
`,
    differences: {
      'virt-install: share with accessmode mapped':
        '`mapped` keeps owners and modes in attributes beside files that only QEMU can read. Files of a share are for people of the host, too.',
      'portal: share with accessmode passthrough': 'See the line above.',
    },
  },
  virtiofs: {
    title: 'Share a directory by virtiofs',
    options: `${SMALL} ${IMPORT} --network none --graphics none --filesystem source.dir=/srv/vm/data,target.dir=data,driver.type=virtiofs --memorybacking source.type=memfd,access.mode=shared`,
    definition: `category: service
memory: 1GiB
cpus: 2
disks:
${SYSTEM}shares:
  - { name: data, source: data, mode: rw, driver: virtiofs }
`,
  },
  pinned: {
    title: 'Huge pages, pinned CPUs with their topology',
    options: `--memory 8192 --osinfo debian11 ${IMPORT} --network none --graphics none --memorybacking hugepages=yes --vcpus 4,sockets=1,cores=2,threads=2 --cpu host-passthrough --cputune vcpupin0.vcpu=0,vcpupin0.cpuset=2,vcpupin1.vcpu=1,vcpupin1.cpuset=6,vcpupin2.vcpu=2,vcpupin2.cpuset=3,vcpupin3.vcpu=3,vcpupin3.cpuset=7,emulatorpin.cpuset=0-1`,
    definition: `category: controller
memory: { size: 8GiB, hugepages: true }
cpus: { pin: [2, 6, 3, 7], threads: 2, model: host-passthrough }
disks:
${SYSTEM}`,
    fragment: {
      file: 'emulator.xml',
      text: `<cputune>
  <emulatorpin cpuset="0-1"/>
</cputune>
`,
    },
    differences: {
      'virt-install: memory hugepages': 'Pages of 2 MiB, also if the default of the host is another size.',
      'portal: memory hugepages 2048 KiB': 'See the line above.',
    },
  },
  storage: {
    title: 'Disks on other buses',
    options: `${SMALL} --import --disk /srv/vm/debian.qcow2,bus=sata,cache=none --disk size=10,bus=scsi --disk /srv/vm/debian.iso,device=cdrom --controller scsi,model=virtio-scsi --network none --graphics none`,
    definition: `category: service
memory: 1GiB
cpus: 2
disks:
  - { name: system, source: debian.qcow2, bus: sata, cache: none }
  - { name: data, size: 10GiB, bus: scsi }
  - { name: cd, source: debian.iso, cdrom: true }
`,
    differences: {
      'portal: starts from CD-ROM': 'Firmware tries each disk, in their order.',
    },
  },
  volume: {
    title: 'A block device of the host, and a vsock',
    options: `${SMALL} ${IMPORT} --disk /dev/vg0/data,cache=none --network network=default --graphics none --vsock cid.auto=yes`,
    definition: `category: service
memory: 1GiB
cpus: 2
vsock: true
disks:
${SYSTEM}nics:
  - network: default
`,
    fragment: {
      file: 'volume.xml',
      text: `<devices>
  <disk type="block" device="disk">
    <driver name="qemu" type="raw" cache="none" io="native" discard="unmap"/>
    <source dev="/dev/vg0/data"/>
    <target dev="vdb" bus="virtio"/>
  </disk>
</devices>
`,
    },
  },
};

/** The differences that any line can have, with their reasons. */
export const COMMON_DIFFERENCES: Readonly<Record<string, string>> = {
  'virt-install: serial port: a terminal of libvirt':
    'The console is a socket with a log, which `portal console` and `portal log` use.',
  'portal: serial port: a socket, with a log': 'See the line above.',
  'portal: firmware on the serial port':
    'Menus of SeaBIOS and of boot loaders are on the serial console, too.',
  'virt-install: channel org.qemu.guest_agent.0':
    'Only a guest with qemu-guest-agent uses it. Add it in a fragment: see the first example.',
  'portal: channel org.portal-gun.agent.1':
    'The port of the agent, by which commands are run in the guest. Without it: `agent: none`.',
  'virt-install: memory balloon virtio':
    'It changes the memory of a running VM, which portal-gun does not do.',
  'virt-install: controller usb qemu-xhci':
    'There is no USB controller without a device that uses it, because the guest starts faster. In a fragment: `<controller type="usb" index="0" model="qemu-xhci"/>`.',
  'portal: disk with discard unmap': 'The host gets space back that the guest discards.',
  'virt-install: timer rtc catchup':
    'The clock of libvirt without timers of its own. In a fragment: see the example of Windows.',
  'virt-install: timer pit delay': 'See the line above.',
  'virt-install: timer hpet no': 'See the line above.',
  'virt-install: no suspend-to-mem': 'A guest can suspend only if it asks for it.',
  'virt-install: no suspend-to-disk': 'See the line above.',
  'portal: CPU feature vmx disable': 'A guest runs VMs only with `nested: true`.',
  'portal: CPU feature svm disable': 'See the line above.',
};
