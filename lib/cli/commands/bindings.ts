import { EXIT, PortalGunError } from '../../base/errors.ts';
import { SAFETY_FIELDS } from '../../checks/check-safety.ts';
import { refusalsAmong } from '../../checks/finding.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { DeviceField } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { groupDevices } from '../../pci/iommu-group.ts';
import { type BoundDevice, moveAsPersisted } from '../../plan/binding.ts';
import { type BindingStatus, bindingStatus } from '../../plan/binding-status.ts';
import { EARLIER_DRIVERS_PATH } from '../../plan/earlier-drivers.ts';
import { TRAIT_FIELDS } from '../../plan/persisted-bindings.ts';
import { planBinding } from '../../plan/plan-binding.ts';
import { planPersistence } from '../../plan/plan-persistence.ts';
import { bindingsDocument, formatDocument } from '../../render/documents.ts';
import { renderMovement } from '../../render/movement-text.ts';
import { renderBindings } from '../../render/persistence-text.ts';
import { movementDetails } from '../../render/plan-document.ts';
import { isDriverRegistered } from '../../sysfs/driver-state.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { readInventory } from '../../sysfs/read-inventory.ts';
import { type Arguments, type CommandResult, stringsOf, switchOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import { persistPart } from '../persist-option.ts';
import { type Persistence, readPersistence } from '../persistence.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { allowedOf, findSafety } from '../safety.ts';
import type { Terminal } from '../terminal.ts';

const RESTORE_FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  ...TRAIT_FIELDS,
  'driverOverride',
  'modules',
  'rom',
];
const LIST_FIELDS: readonly DeviceField[] = [...TRAIT_FIELDS, 'driver'];

/** `pci bindings`: what is bound at each boot, and whether it is so now; puts it in force, or strikes it out. */
export async function runBindings(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const restores = switchOf(args, 'restore') === true;
  const forgotten = stringsOf(args, 'forget').flatMap((text) => text.split(','));
  if (restores && forgotten.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --forget', { subject: '--restore' });
  }
  const host = hostOf(args);
  const names = namesOf(args);
  const persistence = readPersistence(host);
  const inventory = readInventory(host, names, restores ? RESTORE_FIELDS : LIST_FIELDS);
  const statuses = persistence.bindings.map((binding) => bindingStatus(binding, inventory.devices));
  const said = remarks(args, names, host, inventory.diagnostics);
  if (restores) return restore(args, terminal, dialogue, host, inventory, statuses, said);
  if (forgotten.length > 0)
    return forget(args, terminal, dialogue, host, inventory, statuses, forgotten, said);
  return list(args, terminal, inventory, persistence, statuses, said);
}

function list(
  args: Arguments,
  { width, style }: Terminal,
  inventory: Inventory,
  persistence: Persistence,
  statuses: readonly BindingStatus[],
  stderr: string,
): CommandResult {
  const steps = planPersistence(persistence.bindings, persistence);
  const outdated = steps.flatMap(({ change }) =>
    change.kind === 'file'
      ? [change.path]
      : change.kind === 'initramfs' && change.to !== 'stale'
        ? ['initial RAM disks']
        : [],
  );
  const isDrifted = outdated.length > 0 || statuses.some(({ state }) => state !== 'in-force');
  return {
    exitCode: switchOf(args, 'check') === true && isDrifted ? EXIT.findings : EXIT.ok,
    stdout:
      switchOf(args, 'json') === true
        ? formatDocument(bindingsDocument(inventory, statuses, outdated))
        : renderBindings(statuses, outdated, width, style),
    stderr,
  };
}

/** Binds what is known for sure; the rest is said, and left. */
async function restore(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
  host: HostReader,
  inventory: Inventory,
  statuses: readonly BindingStatus[],
  said: string,
): Promise<CommandResult> {
  const allowed = allowedOf(args);
  const { devices, iommu } = inventory;
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const found = statuses.filter(({ state }) => ['in-force', 'not-in-force', 'moved'].includes(state));
  const lost = statuses.filter((status) => !found.includes(status));
  const bound = found.flatMap(({ binding: { driver }, device }) =>
    device === null ? [] : [{ device, driver }],
  );
  const safetyOf = (some: readonly BoundDevice[]) => {
    const addresses = some
      .filter(({ device, driver }) => device.driver !== driver)
      .map(({ device }) => device.address);
    return findSafety(host, inventory, groups, addresses, null);
  };
  const isFree = (each: BoundDevice) => refusalsAmong(safetyOf([each]), allowed).length === 0;
  // One that the host uses keeps no other from being bound.
  const free = refusalsAmong(safetyOf(bound), allowed).length === 0 ? bound : bound.filter(isFree);
  const held = bound.filter((each) => !free.includes(each));
  const movement = moveAsPersisted(free, groups, {
    iommu,
    tellsResetMethods: tellsResetMethods(host, devices),
  });
  const record = host.readText(EARLIER_DRIVERS_PATH);
  const plan = planBinding(movement, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: typeof record === 'string' ? record : null,
  });
  const left = [
    ...lost.map(({ binding, state }) => `pci: ${binding.address}: left: ${state}\n`),
    ...held.map(
      ({ device }) =>
        `pci: ${device.address}: left: the host uses it; pci bind ${device.address} --dry-run says how\n`,
    ),
  ];
  const result = await runProposal(
    {
      proposal: { plan, findings: safetyOf(free), allowed },
      overview: (width) => renderMovement(movement, width),
      details: { ...movementDetails(movement), persistence: null },
      inventory,
      remarks: said + left.join(''),
      nothingToDo:
        left.length === 0 ? 'All that is persisted is in force.\nNothing to do.\n' : 'Nothing to do.\n',
      rules: null,
    },
    args,
    terminal,
    dialogue,
  );
  return result.exitCode === EXIT.ok && left.length > 0 ? { ...result, exitCode: EXIT.findings } : result;
}

/** Strikes out bindings by the address at which they were written down, also of devices that are gone. */
function forget(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
  host: HostReader,
  inventory: Inventory,
  statuses: readonly BindingStatus[],
  forgotten: readonly string[],
  said: string,
): Promise<CommandResult> {
  const addresses = forgotten.map((text) => parsePciAddress(text));
  for (const [index, address] of addresses.entries()) {
    if (statuses.some(({ binding }) => binding.address === address)) continue;
    const known = statuses.map(({ binding }) => binding.address);
    throw new PortalGunError('DEVICE_NOT_FOUND', 'no binding was written down for that address', {
      subject: forgotten[index] ?? '',
      hint: known.length === 0 ? 'none outlives a boot' : `there are ${known.join(', ')}`,
    });
  }
  const part = persistPart(
    host,
    'Keep bindings over reboots no more',
    switchOf(args, 'script') === true,
    (bindings) => bindings.filter(({ address }) => !addresses.includes(address)),
  );
  return runProposal(
    {
      proposal: { plan: part.extend({ title: '', guards: [], steps: [] }), findings: [], allowed: new Set() },
      overview: part.overview,
      details: { devices: [], staying: [], persistence: part.details },
      inventory,
      remarks: said,
      nothingToDo: 'Nothing to do.\n',
      rules: null,
    },
    args,
    terminal,
    dialogue,
  );
}
