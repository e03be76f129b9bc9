import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { lateReason } from '../../plan/binding/binding-stage.ts';
import type { BindingStatus } from '../../plan/binding/binding-status.ts';
import { cellText, deviceTitle } from '../layout/facts.ts';

const HEADINGS = ['address', 'device', 'driver', 'state', 'stage', 'found', 'found-driver'];

/** Persisted bindings for programs, one row each, with headings; `-` is none, and `?` unknown. */
export function bindingRows(
  statuses: readonly BindingStatus<DeviceWith<TraitField>>[],
): readonly (readonly string[])[] {
  return [HEADINGS, ...statuses.map(bindingRow)];
}

function bindingRow({ binding, state, device }: BindingStatus<DeviceWith<TraitField>>): readonly string[] {
  const absent = state === 'ambiguous' || state === 'unknown' ? '?' : '-';
  return [
    binding.address,
    device === null ? cellText(binding.id) : deviceTitle(device),
    cellText(binding.driver),
    state,
    lateReason(binding) === null ? 'early' : 'late',
    device === null ? absent : device.address,
    device === null ? absent : cellText(device.driver),
  ];
}
