import { PortalGunError } from '../../base/errors.ts';
import { listSome } from '../../checks/safety/safety-rule.ts';
import { assignedNow, readOwnDevices } from '../../libvirt/assignment/assigned-devices.ts';
import {
  type AssignedDevice,
  type AssignedState,
  addressOf,
  aliasOf,
  freeAlias,
} from '../../libvirt/assignment/assignment.ts';
import { nextPortIndex, planHotPlug } from '../../libvirt/assignment/guest-topology.ts';
import { formatAddedRootPort } from '../../libvirt/hostdev/host-device-text.ts';
import { hasNow, mayHaveNow } from '../../libvirt/machine/given-devices.ts';
import { virshCommand } from '../../libvirt/machine/machine-words.ts';
import {
  type KnownMachine,
  type MachineDocument,
  mainDocument,
} from '../../libvirt/machine/read-machines.ts';
import { formatGuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PluggedDevice, VfPlace } from '../change-states.ts';
import { type AttachmentChange, attachmentKind } from '../changes/machine/attachment.ts';
import type { Step } from '../plan.ts';
import { releaseNowHint } from '../release-hint.ts';
import type { DeviceToAssign } from './plan-assignment.ts';

/** A VM that runs, or is paused. */
export interface RunningMachine extends KnownMachine {
  readonly state: 'running' | 'paused';
  readonly live: MachineDocument;
}

/** The immediate changes of one VM. */
export interface MachineAttachment {
  readonly machine: RunningMachine;
  /** The devices that it gets, each in its own guest slot. */
  readonly gained: readonly PluggedDevice[];
  readonly lost: readonly PluggedDevice[];
  /** Devices that it already has from another program: they are unchanged. */
  readonly byOthers: readonly PciAddress[];
}

/** The VMs that devices can be attached to. */
export function runningMachines(machines: readonly KnownMachine[]): readonly RunningMachine[] {
  return machines.filter(
    (machine): machine is RunningMachine =>
      machine.live !== null && (machine.state === 'running' || machine.state === 'paused'),
  );
}

/** A VM that gets devices immediately. */
export interface AttachmentRequest {
  readonly machine: RunningMachine;
  readonly devices: readonly DeviceToAssign[];
  /** The new state of its definition: an attached device has the same alias and settings. */
  readonly defined: AssignedState;
}

/**
 * The immediate changes of running VMs that get devices. Devices that they already have are unchanged.
 *
 * @param all the VMs that may have a device
 * @throws PortalGunError ASSIGNED_ELSEWHERE if several would have a device, or another has it; NO_GUEST_SLOT, BAD_XML
 */
export function attachAll(
  requests: readonly AttachmentRequest[],
  all: readonly KnownMachine[],
): readonly MachineAttachment[] {
  const missing = requests.map(({ machine, devices }) =>
    devices.filter(({ device }) => !hasNow(machine, device.address)),
  );
  for (const { device } of new Set(missing.flat())) {
    const getting = requests.filter((_, index) =>
      missing[index]?.some((each) => each.device.address === device.address),
    );
    refuseSecondRunner(
      device.address,
      getting.map(({ machine }) => machine),
      all,
    );
  }
  return requests.map((request, index) => attachTo(request, missing[index] ?? []));
}

/** The devices that a running VM loses; in reverse, as they were attached. */
export function detachFrom(
  machine: RunningMachine,
  isMeant: (assigned: AssignedDevice) => boolean,
): MachineAttachment {
  const lost = assignedNow(machine).flatMap((each) => (isMeant(each) ? [each.device] : []));
  if (lost.length > 0 && machine.state === 'paused') {
    throw new PortalGunError('NOT_RUNNING', 'is paused: its guest cannot release a device', {
      subject: machine.name,
      hint: `resume it first: ${virshCommand('resume', machine)}; or omit --live to change only its definition`,
    });
  }
  return { machine, gained: [], lost: lost.reverse(), byOthers: [] };
}

/**
 * The steps for these changes, one for each device.
 *
 * @param vfs the VFs among the devices that it gets, which must be the planned ones then
 */
export function attachmentSteps(
  uri: string,
  { machine, gained, lost }: MachineAttachment,
  vfs: readonly VfPlace[] = [],
): readonly Step[] {
  const common = { kind: 'attachment', uri, machine: machine.uuid } as const;
  return [
    ...lost.map((device): Step => {
      const change: AttachmentChange = { ...common, address: device.address, from: device, to: null };
      return { words: attachmentKind.words(change, machine.name), change };
    }),
    ...gained.map((device): Step => {
      const places = vfs.filter(({ address }) => address === device.address);
      const change: AttachmentChange = {
        ...{ ...common, address: device.address, from: null, to: device },
        ...(places.length === 0 ? {} : { vfs: places }),
      };
      const at = device.guestAddress === null ? '' : `, at ${formatGuestAddress(device.guestAddress)}`;
      return { words: attachmentKind.words(change, machine.name) + at, change };
    }),
  ];
}

function attachTo(
  { machine, devices, defined }: AttachmentRequest,
  missing: readonly DeviceToAssign[],
): MachineAttachment {
  const { document } = machine.live;
  const places = inMachine(machine, () =>
    planHotPlug(
      document.root,
      missing.map(({ device }) => device.address),
    ),
  );
  const own = readOwnDevices(document);
  const taken = new Set([...own.map(({ alias }) => alias), ...defined.devices.map(({ alias }) => alias)]);
  const gained = missing.map(({ device, handed }): PluggedDevice => {
    const { address } = device;
    const known = defined.devices.find((each) => each.device !== null && addressOf(each) === address);
    const as = known?.device !== undefined && isPlugged(known.device) ? known.device : handed;
    return {
      ...as,
      alias: known?.alias ?? freeAlias(aliasOf(address), taken),
      guestAddress: places.get(address) ?? null,
      // A running VM has already booted.
      bootOrder: null,
    };
  });
  const others = devices
    .map(({ device }) => device.address)
    .filter((address) => hasNow(machine, address) && !own.some((each) => each.address === address));
  return { machine, gained, lost: [], byOthers: others };
}

function isPlugged(device: AssignedDevice['device']): device is PluggedDevice {
  return device !== null && device.kind !== 'mdev';
}

function refuseSecondRunner(
  address: PciAddress,
  getting: readonly RunningMachine[],
  all: readonly KnownMachine[],
): void {
  const holder = all.find((machine) => mayHaveNow(machine, address));
  if (holder !== undefined) {
    throw new PortalGunError(
      'ASSIGNED_ELSEWHERE',
      `${holder.name} runs with it, and only one VM at a time can have it`,
      {
        subject: address,
        hint: releaseNowHint(holder, address),
      },
    );
  }
  if (getting.length > 1) {
    throw new PortalGunError(
      'ASSIGNED_ELSEWHERE',
      `cannot be attached to ${listSome(getting.map(({ name }) => name))}, which run: only one VM at a time can have it`,
      {
        subject: address,
        hint: 'name one of them with --machine; or omit --live to add it to all their definitions',
      },
    );
  }
}

function inMachine<T>(machine: KnownMachine, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PortalGunError) || error.code !== 'NO_GUEST_SLOT') throw error;
    const { name } = machine;
    throw new PortalGunError(error.code, error.message, {
      subject: error.subject ?? name,
      hint: `omit --live to add it to the definition, and restart the VM; or add a port to the definition first: ${virshCommand('attach-device', machine, 'PORT.xml', '--config')}, with ${portXml(machine)} in it`,
      cause: error,
    });
  }
}

/** The XML in one line. */
function portXml(machine: KnownMachine): string {
  return formatAddedRootPort(nextPortIndex(mainDocument(machine).document.root)).replaceAll(/\n */g, '');
}
