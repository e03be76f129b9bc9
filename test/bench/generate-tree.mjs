// A tree of sysfs with as many functions as wanted, shaped as the kernel's: a PF with seven VFs in turn, a
// group each, behind root ports of 256 functions.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ZERO_LINE = '0x0000000000000000 0x0000000000000000 0x0000000000000000\n';
const VFS_OF_A_PF = 7;
const FUNCTIONS_OF_A_BUS = 256;
const PLAIN_ATTRIBUTES = {
  numa_node: '0\n',
  driver_override: '(null)\n',
  reset_method: 'flr bus\n',
  revision: '0x01\n',
  irq: '0\n',
  enable: '1\n',
  power_state: 'D0\n',
  ari_enabled: '1\n',
  broken_parity_status: '0\n',
  consistent_dma_mask_bits: '64\n',
  current_link_speed: '2.5 GT/s PCIe\n',
  current_link_width: '1\n',
  d3cold_allowed: '0\n',
  dma_mask_bits: '64\n',
  local_cpulist: '0-1\n',
  local_cpus: '3\n',
  max_link_speed: '2.5 GT/s PCIe\n',
  max_link_width: '1\n',
  msi_bus: '1\n',
};

const hex = (value, digits) => value.toString(16).padStart(digits, '0');

/** Writes a tree with `count` endpoint functions below `root`, which must not exist. */
export function generateTree(root, count) {
  const sys = (path) => join(root, 'sys', path);
  for (const directory of [
    'bus/pci/devices',
    'bus/pci/drivers/igb',
    'bus/pci/drivers/igbvf',
    'bus/pci/drivers/pcieport',
  ]) {
    mkdirSync(sys(directory), { recursive: true });
  }
  let group = 0;
  const addFunction = (parent, address, ids, links) => {
    const path = `${parent}/${address}`;
    const directory = sys(path);
    mkdirSync(directory, { recursive: true });
    const files = { ...PLAIN_ATTRIBUTES, ...attributes(address, ids) };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const up = '../'.repeat(path.split('/').length);
    symlinkSync(`${up}bus/pci/drivers/${ids.driver}`, join(directory, 'driver'));
    symlinkSync(`${up}kernel/iommu_groups/${group}`, join(directory, 'iommu_group'));
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(directory, name));
    const groupDirectory = sys(`kernel/iommu_groups/${group}`);
    mkdirSync(join(groupDirectory, 'devices'), { recursive: true });
    writeFileSync(join(groupDirectory, 'type'), 'DMA-FQ\n');
    writeFileSync(join(groupDirectory, 'reserved_regions'), '0x00000000fee00000 0x00000000feefffff msi\n');
    symlinkSync(`../../../../${path}`, join(groupDirectory, 'devices', address));
    symlinkSync(`../../../${path}`, sys(`bus/pci/devices/${address}`));
    group += 1;
    return path;
  };

  for (let index = 0; index < count; ) {
    const bus = Math.floor(index / FUNCTIONS_OF_A_BUS);
    const domain = hex(Math.floor(bus / 32), 4);
    const port = `${domain}:00:${hex(bus % 32, 2)}.0`;
    const portPath = addFunction(`devices/pci${domain}:00`, port, PORT, {});
    const end = Math.min(count, index + FUNCTIONS_OF_A_BUS);
    const busNumber = hex((bus % 32) + 1, 2);
    const address = (devfn) => `${domain}:${busNumber}:${hex(devfn >> 3, 2)}.${devfn & 7}`;
    for (let devfn = 0; index < end; index += 1, devfn += 1) {
      const pf = devfn - (devfn % (VFS_OF_A_PF + 1));
      if (devfn !== pf) {
        addFunction(portPath, address(devfn), VF, { physfn: `../${address(pf)}` });
        continue;
      }
      const vfs = Math.min(VFS_OF_A_PF, end - index - 1);
      const links = Object.fromEntries(
        Array.from({ length: vfs }, (_, vf) => [`virtfn${vf}`, `../${address(pf + 1 + vf)}`]),
      );
      addFunction(portPath, address(devfn), { ...PF, vfs }, links);
    }
  }
}

const PORT = {
  vendor: '8086',
  device: '3420',
  subsystem: '8086:0000',
  class: '060400',
  driver: 'pcieport',
  header: 1,
};
const PF = {
  vendor: '8086',
  device: '10c9',
  subsystem: '8086:a03c',
  class: '020000',
  driver: 'igb',
  header: 0,
};
const VF = {
  vendor: '8086',
  device: '10ca',
  subsystem: '8086:a03c',
  class: '020000',
  driver: 'igbvf',
  header: 0,
};

function attributes(address, ids) {
  const [subsystemVendor, subsystemDevice] = ids.subsystem.split(':');
  const config = Buffer.alloc(256);
  config.writeUInt16LE(Number.parseInt(ids.vendor, 16), 0);
  config.writeUInt16LE(Number.parseInt(ids.device, 16), 2);
  config[8] = 1;
  config.writeUIntLE(Number.parseInt(ids.class, 16), 9, 3);
  config[14] = ids.header;
  return {
    vendor: `0x${ids.vendor}\n`,
    device: `0x${ids.device}\n`,
    subsystem_vendor: `0x${subsystemVendor}\n`,
    subsystem_device: `0x${subsystemDevice}\n`,
    class: `0x${ids.class}\n`,
    modalias: `pci:v0000${ids.vendor.toUpperCase()}d0000${ids.device.toUpperCase()}\n`,
    config,
    resource: `0x00000000fe800000 0x00000000fe81ffff 0x0000000000140204\n${ZERO_LINE.repeat(12)}`,
    uevent: [
      `DRIVER=${ids.driver}`,
      `PCI_CLASS=${Number.parseInt(ids.class, 16).toString(16).toUpperCase()}`,
      `PCI_ID=${ids.vendor.toUpperCase()}:${ids.device.toUpperCase()}`,
      `PCI_SUBSYS_ID=${ids.subsystem.toUpperCase()}`,
      `PCI_SLOT_NAME=${address}\n`,
    ].join('\n'),
    ...(ids.vfs === undefined
      ? {}
      : {
          sriov_totalvfs: `${VFS_OF_A_PF}\n`,
          sriov_numvfs: `${ids.vfs}\n`,
          sriov_drivers_autoprobe: '1\n',
          sriov_offset: '1\n',
          sriov_stride: '1\n',
          sriov_vf_device: '10ca\n',
        }),
  };
}
