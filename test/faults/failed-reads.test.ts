import { describe, expect, it } from 'vitest';
import { freeAfterOneFailure, stoppedBy } from '../support/failed-reads.ts';
import type { FunctionSpec } from '../support/host-spec.ts';
import type { HostTree } from '../support/host-tree.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { memory } from '../support/hosts/functions.ts';
import { idleHost, putProcess } from '../support/idle-host.ts';
import { display, soundCard } from '../support/things.ts';

const AT = `/sys/devices/pci0000:00/${HERE}`;

/** A function that a host uses in one way, and the rule, or rules, that find it. */
interface Use {
  readonly rule: string;
  readonly way?: string;
  readonly spec: Partial<FunctionSpec>;
  readonly put?: (tree: HostTree) => void;
}

const KEYBOARD = { ev: '120013', key: '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe' };

/** A function of CXL whose memory the host uses. */
function putMemory(tree: HostTree): void {
  const region = '/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0';
  const endpoint = '/sys/devices/platform/ACPI0017:00/root0/port1/endpoint2';
  tree.text('/proc/iomem', '100000000-1ffffffff : region0\n  100000000-1ffffffff : System RAM (kmem)\n');
  tree.linkTo('/sys/bus/cxl/devices/region0', region);
  tree.linkTo('/sys/bus/cxl/devices/decoder2.0', `${endpoint}/decoder2.0`);
  tree.attribute(`${region}/target0`, 'decoder2.0');
  tree.linkTo(`${endpoint}/uport`, `${AT}/mem0`);
}

const USES: readonly Use[] = [
  {
    rule: 'watchdog',
    spec: { classCode: '0c0500', driver: 'i801_smbus' },
    put: (tree) => {
      tree.linkTo('/sys/class/watchdog/watchdog0', `${AT}/iTCO_wdt/watchdog/watchdog0`);
      tree.attribute(`${AT}/iTCO_wdt/watchdog/watchdog0/state`, 'active');
    },
  },
  { rule: 'system-memory', spec: { classCode: '050210', driver: 'cxl_pci' }, put: putMemory },
  {
    rule: 'mediated-device',
    spec: { classCode: '120000', driver: 'gpu' },
    put: (tree) => tree.linkTo('/sys/bus/mdev/devices/a297db4a', `${AT}/a297db4a`),
  },
  {
    rule: 'vdpa',
    spec: { classCode: '0b4000', driver: 'ifcvf' },
    put: (tree) => tree.linkTo('/sys/bus/vdpa/devices/vdpa0', `${AT}/vdpa0`),
  },
  { rule: 'isa-bridge', spec: { classCode: '060100', driver: 'lpc_ich' } },
  {
    rule: 'tpm',
    way: 'by SPI',
    spec: { classCode: '0c8000', driver: 'intel-spi' },
    put: (tree) => tree.linkTo('/sys/class/tpm/tpm0', `${AT}/spi_master/spi0/spi-x/tpm/tpm0`),
  },
  {
    rule: 'console',
    way: 'over the network',
    spec: {
      classCode: '020000',
      driver: 'igb',
      below: { 'net/eth1/flags': '0x1002', 'net/eth1/uevent': '' },
    },
    put: (tree) => {
      tree.attribute('/sys/kernel/config/netconsole/one/enabled', '1');
      tree.attribute('/sys/kernel/config/netconsole/one/dev_name', 'eth1');
    },
  },
  {
    rule: 'last-input-usb',
    way: 'by a touchpad',
    spec: { classCode: '0c8000', driver: 'intel-lpss' },
    put: (tree) => {
      const at = `${AT}/i2c_designware.0/i2c-1/i2c-ELAN/0018:04F3:3087.0001/input/input8`;
      tree.linkTo('/sys/class/input/input8', at);
      tree.attribute(`${at}/capabilities/ev`, 'b');
      tree.attribute(`${at}/capabilities/key`, 'e520 10000 0 0 0 0');
      tree.attribute(`${at}/capabilities/abs`, '3');
    },
  },
  {
    rule: 'node-open',
    way: 'by a USB device',
    spec: { classCode: '0c0330', driver: 'xhci_hcd' },
    put: (tree) => {
      tree.linkTo('/sys/dev/char/189:3', `${AT}/usb1/1-4`);
      tree.text(`${AT}/usb1/1-4/uevent`, 'DEVNAME=bus/usb/001/004\n');
      putProcess(tree, 7, 'usbhid-ups', '/dev/bus/usb/001/004');
    },
  },
  {
    rule: 'kernel-use',
    way: 'by a channel for copying',
    spec: { classCode: '088000', driver: 'ioatdma' },
    put: (tree) => {
      tree.linkTo('/sys/class/dma/dma0chan0', `${AT}/dma/dma0chan0`);
      tree.attribute(`${AT}/dma/dma0chan0/in_use`, '1');
    },
  },
  {
    rule: 'kernel-use',
    way: 'by algorithms',
    spec: { classCode: '0b4000', driver: '4xxx' },
    put: (tree) => {
      tree.text('/proc/crypto', 'driver       : qat_aes_xts\nmodule       : intel_qat\nrefcnt       : 3\n\n');
      tree.linkTo('/sys/bus/pci/drivers/4xxx/module', '/sys/module/intel_qat');
    },
  },
  {
    rule: 'kernel-use',
    way: 'by usbip',
    spec: { classCode: '0c0330', driver: 'xhci_hcd' },
    put: (tree) => {
      tree.linkTo('/sys/bus/usb/drivers/usbip-host/1-2', `${AT}/usb1/1-2`);
      tree.attribute(`${AT}/usb1/1-2/usbip_status`, '2');
    },
  },
  {
    rule: 'last-input-usb',
    way: 'by Bluetooth',
    spec: { classCode: '0c0330', driver: 'xhci_hcd' },
    put: (tree) => {
      const at = '/sys/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input9';
      tree.linkTo('/sys/class/input/input9', at);
      for (const [name, text] of Object.entries(KEYBOARD)) tree.attribute(`${at}/capabilities/${name}`, text);
      tree.linkTo('/sys/class/bluetooth/hci0', `${AT}/usb1/1-2/1-2:1.0/bluetooth/hci0`);
    },
  },
  {
    rule: 'console',
    way: 'by the kernel debugger',
    spec: { classCode: '070002', driver: 'serial' },
    put: (tree) => {
      tree.linkTo('/sys/class/tty/ttyS4', `${AT}/tty/ttyS4`);
      tree.attribute('/sys/module/kgdboc/parameters/kgdboc', 'ttyS4');
    },
  },
  {
    rule: 'node-open',
    way: 'by a program that maps its registers',
    spec: { classCode: '058000', driver: 'switchtec', below: { 'switchtec/switchtec0/dev': '240:0' } },
    put: (tree) => {
      putProcess(tree, 7, 'flasher');
      tree.text('/proc/7/maps', `7f00-7f10 rw-s 00000000 00:17 9    ${AT}/resource0\n`);
    },
  },
  {
    rule: 'drm-in-use',
    way: 'by a thread with files of its own',
    spec: { classCode: '120000', driver: 'npu', below: { 'accel/accel0/dev': '261:0' } },
    put: (tree) => {
      putProcess(tree, 7, 'ovms', '/dev/null');
      tree.link('/proc/7/task/8/fd/9', '/dev/accel/accel0');
    },
  },
  {
    rule: 'node-open',
    way: 'by memory of CXL',
    spec: { classCode: '050210', driver: 'cxl_pci' },
    put: (tree) => {
      putMemory(tree);
      tree.text('/proc/iomem', '100000000-1ffffffff : region0\n');
      const dax = '/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0/dax0.0';
      tree.linkTo('/sys/dev/char/250:0', dax);
      tree.linkTo(`${dax}/subsystem`, '/sys/bus/dax');
      putProcess(tree, 7, 'qemu-system-x86', '/dev/dax0.0');
    },
  },
  {
    rule: 'drm-in-use',
    way: "by NVIDIA's driver",
    spec: { classCode: '120000', driver: 'nvidia' },
    put: (tree) => {
      tree.text(`/proc/driver/nvidia/gpus/${HERE}/information`, 'Device Minor: \t 0\n');
      putProcess(tree, 7, 'python3', '/dev/nvidia0', '/dev/nvidiactl');
    },
  },
  {
    rule: 'machine-has-it mediated-device',
    spec: { classCode: '120000', driver: 'vgpu' },
    put: (tree) => {
      tree.linkTo('/sys/bus/mdev/devices/a297db4a', `${AT}/a297db4a`);
      tree.linkTo('/sys/kernel/iommu_groups/77/devices/a297db4a', `${AT}/a297db4a`);
      putProcess(tree, 7, 'qemu-system-x86', '/dev/vfio/77');
    },
  },
  {
    rule: 'drm-in-use',
    spec: {
      classCode: '030000',
      driver: 'amdgpu',
      bootVga: false,
      bars: { 0: memory(0xe0000000, 1024) },
      below: display(0, 'HDMI-A-1'),
    },
    put: (tree) => putProcess(tree, 7, 'Xorg', '/dev/dri/card0'),
  },
  {
    rule: 'node-open',
    spec: { classCode: '070002', driver: 'serial', below: { 'tty/ttyS4/dev': '4:68' } },
    put: (tree) => {
      tree.linkTo('/sys/class/tty/ttyS4', `${AT}/tty/ttyS4`);
      putProcess(tree, 7, 'agetty', '/dev/ttyS4');
    },
  },
  {
    rule: 'machine-has-it',
    spec: { driver: 'vfio-pci' },
    put: (tree) => putProcess(tree, 7, 'qemu-system-x86', '/dev/vfio/3'),
  },
  {
    rule: 'sound-in-use',
    spec: { classCode: '040300', driver: 'snd_hda_intel', below: soundCard(0) },
    put: (tree) => {
      tree.linkTo('/sys/class/sound/card0', `${AT}/sound/card0`);
      tree.text('/proc/asound/card0/pcm0p/sub0/status', 'state: RUNNING\nowner_pid   : 99\n');
    },
  },
  {
    rule: 'console',
    spec: { classCode: '070002', driver: 'serial', below: { 'tty/ttyS4/type': '4' } },
    put: (tree) => {
      tree.linkTo('/sys/class/tty/ttyS4', `${AT}/tty/ttyS4`);
      tree.attribute('/sys/devices/virtual/tty/console/active', 'tty0 ttyS4');
    },
  },
  {
    rule: 'last-input-usb',
    spec: { classCode: '0c0330', driver: 'xhci_hcd' },
    put: (tree) => {
      const at = `${AT}/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input3`;
      tree.linkTo('/sys/class/input/input3', at);
      tree.attribute(`${at}/name`, 'A keyboard');
      for (const [name, text] of Object.entries(KEYBOARD)) tree.attribute(`${at}/capabilities/${name}`, text);
    },
  },
  {
    rule: 'tpm',
    spec: { classCode: '088000', driver: 'tpm_tis', below: { 'tpm/tpm0/dev': '10:224' } },
    put: (tree) => tree.linkTo('/sys/class/tpm/tpm0', `${AT}/tpm/tpm0`),
  },
  {
    rule: 'boot-display',
    spec: { classCode: '030000', driver: 'amdgpu', bootVga: true, bars: { 0: memory(0xe0000000, 1024) } },
  },
  {
    rule: 'vfs-in-use',
    spec: {
      classCode: '0b4000',
      sriov: {
        total: 7,
        active: 1,
        offset: 0x80,
        stride: 1,
        vfDevice: '10ca',
        vf: () => ({ driver: 'qat_vf', group: 9 }),
      },
    },
  },
];

describe('a host that uses nothing', () => {
  it('can spare a function', () => {
    expect(stoppedBy(idleHost([functionHere({ driver: 'serial', classCode: '070002' })]), HERE)).toEqual([]);
  });
});

describe('a function that the host uses', () => {
  it.each(USES.map((use) => [[use.rule, use.way].join(' ').trim(), use] as const))(
    'does not become free by one read that fails: %s',
    (_, { rule, spec, put }) => {
      const host = idleHost([functionHere(spec)], put);
      const names = stoppedBy(host, HERE).map(({ name }) => name);
      expect([...new Set(names)].join(' ')).toBe(rule);
      expect(freeAfterOneFailure(host, HERE)).toEqual([]);
    },
  );
});
