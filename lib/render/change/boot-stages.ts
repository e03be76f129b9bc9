import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { type LateReason, lateReason } from '../../plan/binding/binding-stage.ts';
import type { BindingStatus } from '../../plan/binding/binding-status.ts';
import type { PersistedBinding } from '../../plan/binding/persisted-bindings.ts';
import type { BootState } from '../../plan/persistence/persistence-files.ts';

/** The bindings that are only made late in a boot, with the reasons. */
export function lateBindings(bindings: readonly PersistedBinding[]): readonly LateBinding[] {
  return bindings.flatMap((binding) => {
    const reason = lateReason(binding);
    return reason === null
      ? []
      : [{ address: binding.address, reason, message: lateMessage(binding, reason) }];
  });
}

interface LateBinding {
  readonly address: PciAddress;
  readonly reason: LateReason;
  readonly message: string;
}

function lateMessage({ address, vf }: PersistedBinding, reason: LateReason): string {
  const [it, its] = vf === undefined ? ['it', 'its'] : ['its PF', "its PF's"];
  const noSerial = `no serial number was read from ${its} configuration space`;
  switch (reason) {
    case 'earlier-version':
      return `${noSerial}, and an earlier version did not record whether ${it} was the only device with its ids (pci bind ${address} --persist records it)`;
    case 'twins':
      return `${noSerial}, and another device of this host has the same ids`;
    case 'storage':
      return `${noSerial}, and disks of the host may be attached to a controller of this class`;
    case 'boot-display':
      return `${noSerial}, and it is the boot display`;
    case 'class-unknown':
      return `${noSerial}, and its class is not known`;
  }
}

/** The warnings for a host whose initramfs does not contain early bindings. */
export function bootWarnings({ initramfs }: BootState): readonly string[] {
  if (initramfs === 'initramfs-tools' || initramfs === null) return [];
  return [
    `Early binding does not cover the initramfs on this host (${initramfs}). If a driver in the initramfs claims the device first, it stays with the host.`,
  ];
}

/** The settings of the host that may have prevented early bindings, if one is not in force. */
export function driftWarnings(
  statuses: readonly BindingStatus<DeviceWith<TraitField>>[],
  boot: BootState,
): readonly string[] {
  const isDrifted = statuses.some(
    ({ binding, state }) => state === 'not-in-force' && lateReason(binding) === null,
  );
  return isDrifted ? bootWarnings(boot) : [];
}
