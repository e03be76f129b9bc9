import { knownValue } from '../../lib/base/known.ts';
import type { PciDevice } from '../../lib/pci/device.ts';

/** The document of libvirt for a function, given the functions of its host. */
export function nodeDeviceXml(device: PciDevice, devices: readonly PciDevice[]): string {
  const { address } = device;
  const [domain = '', bus = '', slot = '', number = ''] = address.split(/[:.]/);
  const location = knownValue(device.location);
  const path =
    location === undefined
      ? ''
      : `<path>/sys/devices/${[location.root, ...location.bridges, address].join('/')}</path>`;
  const driver = knownValue(device.driver);
  const role = knownValue(device.sriov);
  const group = knownValue(device.iommuGroup);
  const numa = knownValue(device.numaNode);
  const members = devices.filter(({ iommuGroup }) => iommuGroup === group).map((member) => member.address);
  return `<device>
  <name>pci_${address.replace(/[:.]/g, '_')}</name>
  ${path}
  <parent>computer</parent>
  ${driver === undefined ? '' : `<driver><name>${driver}</name></driver>`}
  <capability type='pci'>
    <class>0x${knownValue(device.class)?.code ?? 'ffffff'}</class>
    ${Object.entries({ domain, bus, slot, function: number })
      .map(([name, hex]) => `<${name}>${Number.parseInt(hex, 16)}</${name}>`)
      .join('')}
    <product id='0x${knownValue(device.device)?.id ?? '0000'}'/>
    <vendor id='0x${knownValue(device.vendor)?.id ?? '0000'}'/>
    ${role?.role === 'vf' ? `<capability type='phys_function'>${addressXml(role.physicalFunction)}</capability>` : ''}
    ${
      role?.role === 'pf'
        ? `<capability type='virt_functions' maxCount='${knownValue(role.totalVfs)}'>${role.virtualFunctions.map(addressXml).join('')}</capability>`
        : ''
    }
    ${group === undefined ? '' : `<iommuGroup number='${group}'>${members.map(addressXml).join('')}</iommuGroup>`}
    ${numa === undefined ? '' : `<numa node='${numa}'/>`}
  </capability>
</device>`;
}

function addressXml(address: string): string {
  const [domain = '', bus = '', slot = '', number = ''] = address.split(/[:.]/);
  return `<address domain='0x${domain}' bus='0x${bus}' slot='0x${slot}' function='0x${number}'/>`;
}
