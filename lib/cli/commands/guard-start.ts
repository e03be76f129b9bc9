import { findSafety } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { SAFETY_FIELDS } from '../../checks/check-safety.ts';
import { readInputFile } from '../../host/input-file.ts';
import { addressOf } from '../../libvirt/assignment.ts';
import { parseMachine } from '../../libvirt/machine.ts';
import { findUnreadable } from '../../libvirt/unreadable-assignments.ts';
import { parseXml } from '../../libvirt/xml-document.ts';
import { IDENTITY_FIELDS } from '../../pci/identity.ts';
import { groupDevices } from '../../pci/iommu-group.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { assignmentStatuses } from '../../plan/assignment-status.ts';
import { heldProblems, startProblems } from '../../plan/start-guard.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { readInventory } from '../../sysfs/read-inventory.ts';
import type { Arguments, CommandResult } from '../command.ts';
import { hostOf } from '../reading-options.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** `pci guard-start`: what libvirt's hook asks, with the document of a machine on standard input. */
export function runGuardStart(args: Arguments): CommandResult {
  const parsed = parseXml(readInputFile('-', MAX_BYTES, 'BAD_XML'), 'the machine');
  const machine = parseMachine(parsed, () => undefined);
  const document = { ...parsed, name: machine.name };
  const unreadable = findUnreadable(document, machine, 'definition');
  if (unreadable !== null) throw unreadable;
  const host = hostOf(args);
  const inventory = readInventory(host, NO_NAMES, [...SAFETY_FIELDS, ...IDENTITY_FIELDS]);
  const statuses = assignmentStatuses({ definition: { document }, live: null }, inventory.devices);
  const addresses = statuses
    .map(({ assigned }) => addressOf(assigned))
    .filter((address) => inventory.devices.some((device) => device.address === address))
    .filter((address) => address !== null);
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const held = heldProblems(
    findSafety(host, inventory, groups, addresses, ['machine-has-it']).filter(
      ({ severity }) => severity !== 'unknown',
    ),
  );
  const drift = startProblems(statuses);
  const problems = [...drift, ...held];
  if (problems.length === 0) return { exitCode: EXIT.ok, stdout: '', stderr: '' };
  throw new PortalGunError('START_REFUSED', problems.join('; '), {
    subject: machine.name,
    ...(drift.length > 0 ? {} : { hint: 'shut down who has it; to see who that is: pci assignments' }),
  });
}
