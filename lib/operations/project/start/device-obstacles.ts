import { knownValue } from '../../../base/known.ts';
import { canReadWrite } from '../../../checks/validation/node-access.ts';
import { installRemedy } from '../../../checks/validation/remedies.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { childOf, childrenOf, type XmlElement } from '../../../libvirt/xml/xml-element.ts';
import { readDistribution } from '../../../sysfs/host-facts/distribution.ts';
import { readQemuUser } from '../../../sysfs/host-facts/libvirt-setup.ts';
import { readPresent, readPresentAmong } from '../../../sysfs/host-facts/present-files.ts';
import { MACHINE_PATHS } from '../../../sysfs/paths.ts';
import { renderedDocument } from '../machine/rendered-document.ts';
import type { ProjectMachine } from '../project-machines.ts';
import type { Findings, Obstacle } from './obstacle.ts';

const KVM_NODE = '/dev/kvm';
const NONE: Findings = { obstacles: [], notes: [] };

/** What a VM needs of the host beside files and networks: KVM, and virtiofs with shared memory and its program. */
export function deviceObstacles(
  reader: HostReader,
  each: ProjectMachine,
  hypervisorHere: 'kvm' | 'qemu',
): Findings {
  const { machine } = each;
  const subject = machine.definition.name;
  const { root } = renderedDocument(each);
  return {
    obstacles: [
      ...kvmObstacles(reader, subject, machine.hypervisor, hypervisorHere),
      ...virtiofsMemory(subject, root),
      ...virtiofsProgram(reader, subject, root).obstacles,
    ],
    notes: virtiofsProgram(reader, subject, root).notes,
  };
}

function kvmObstacles(
  reader: HostReader,
  subject: string,
  hypervisor: 'kvm' | 'qemu',
  hypervisorHere: 'kvm' | 'qemu',
): readonly Obstacle[] {
  if (hypervisor !== 'kvm') return [];
  const hint = 'use emulation, which is slower: accelerator: auto; or check the host: pci validate';
  if (!reader.exists(KVM_NODE))
    return [{ subject, message: `needs KVM, and the host has no ${KVM_NODE}`, hint }];
  if (hypervisorHere === 'qemu') {
    return [{ subject, message: `needs KVM, and ${KVM_NODE} of the host runs no VM`, hint }];
  }
  const user = knownValue(readQemuUser(reader));
  const node = knownValue(readPresent(reader, KVM_NODE));
  if (user == null || node == null || canReadWrite(user, node)) return [];
  return [
    {
      subject,
      message: `needs KVM, and user ${user.name} (runs QEMU) cannot open ${KVM_NODE}`,
      hint: `add the user to the group of the node: usermod -a -G kvm ${user.name}`,
    },
  ];
}

function virtiofsShares(domain: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(domain, 'devices'), 'filesystem').filter(
    (share) => childOf(share, 'driver')?.attributes.get('type') === 'virtiofs',
  );
}

function nameOf(share: XmlElement | undefined): string {
  return childOf(share, 'target')?.attributes.get('dir') ?? '';
}

/** The program of virtiofs maps the memory of the guest. The definition sets that; a fragment can change it. */
function virtiofsMemory(subject: string, domain: XmlElement): readonly Obstacle[] {
  const [share] = virtiofsShares(domain);
  if (share === undefined) return [];
  const access = childOf(childOf(domain, 'memoryBacking'), 'access')?.attributes.get('mode');
  const cells = childrenOf(childOf(childOf(domain, 'cpu'), 'numa'), 'cell');
  const isShared =
    access === 'shared' ||
    (cells.length > 0 && cells.every(({ attributes }) => attributes.get('memAccess') === 'shared'));
  if (isShared) return [];
  return [
    {
      subject,
      message: `shares ${nameOf(share)} by virtiofs, and its memory is not shared with the host`,
      hint: 'add to the XML: <memoryBacking><access mode="shared"/></memoryBacking>; or use "driver: 9p"',
    },
  ];
}

function virtiofsProgram(reader: HostReader, subject: string, domain: XmlElement): Findings {
  const share = virtiofsShares(domain).find(
    (each) => childOf(each, 'binary')?.attributes.get('path') === undefined,
  );
  if (share === undefined) return NONE;
  const programs = knownValue(readPresentAmong(reader, MACHINE_PATHS.virtiofsd));
  if (programs === undefined) {
    return {
      obstacles: [],
      notes: [
        `${subject}: cannot tell whether virtiofsd is installed, which its share ${nameOf(share)} needs`,
      ],
    };
  }
  if (programs !== null && programs.length > 0) return NONE;
  return {
    obstacles: [
      {
        subject,
        message: `shares ${nameOf(share)} by virtiofs, and virtiofsd is not installed`,
        hint: `${installRemedy('virtiofsd', readDistribution(reader))}; or use "driver: 9p"`,
      },
    ],
    notes: [],
  };
}
