import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import { osNode } from './boot.ts';
import { channelNodes } from './channels.ts';
import { displayNodes, serialNode } from './console.ts';
import { diskControllers, diskNodes, pluggedDisks } from './disks.ts';
import { extraNodes, usbController } from './extras.ts';
import { withFragments } from './fragments.ts';
import { describingNodes, type MachineMarks, metadataNode } from './metadata.ts';
import { nicNodes, shareNodes } from './nics-and-shares.ts';
import { pciControllers } from './pci-places.ts';
import { cpuNode, featureNodes, iommuNodes, memoryNodes, vcpuNodes } from './processor.ts';
import { checkedNode } from './xml-node.ts';

/**
 * The definition of a machine, with its fragments: the same for the same machine. Devices of the host are not in it: they are
 * assigned to the VM.
 *
 * @param marks the marks for its metadata
 * @throws PortalGunError BAD_DEFINITION for a value that libvirt's XML cannot hold, or more devices than a machine takes;
 *   BAD_XML, with file, line and column, for a fragment that cannot be merged
 */
export function domainOf(machine: ResolvedMachine, marks: MachineMarks): XmlNode {
  return checkedNode(withFragments(domainNode(machine, marks), machine.fragments));
}

function domainNode(machine: ResolvedMachine, marks: MachineMarks): XmlNode {
  const { definition, uuid, hypervisor } = machine;
  return {
    name: 'domain',
    attributes: { type: hypervisor },
    content: [
      { name: 'name', content: definition.name },
      { name: 'uuid', content: uuid },
      ...describingNodes(machine),
      metadataNode(machine, marks),
      ...memoryNodes(machine),
      ...vcpuNodes(machine),
      osNode(machine),
      ...featureNodes(machine),
      cpuNode(machine),
      { name: 'clock', attributes: { offset: 'utc' } },
      { name: 'on_poweroff', content: 'destroy' },
      { name: 'on_reboot', content: definition.on.reboot },
      { name: 'on_crash', content: definition.on.crash },
      { name: 'devices', content: deviceNodes(machine) },
    ],
  };
}

function deviceNodes(machine: ResolvedMachine): readonly XmlNode[] {
  const { definition, nics, shares } = machine;
  const firstDisk = 1 + nics.length;
  const firstShare = firstDisk + pluggedDisks(machine).length;
  const ports = firstShare - 1 + shares.length + definition.spareRootPorts;
  return [
    ...diskNodes(machine, firstDisk),
    usbController(machine),
    ...diskControllers(machine),
    ...pciControllers(ports),
    ...shareNodes(machine, firstShare),
    ...nicNodes(machine, 1),
    serialNode(machine),
    ...channelNodes(machine),
    ...displayNodes(machine),
    ...extraNodes(machine),
    ...iommuNodes(machine),
  ];
}
