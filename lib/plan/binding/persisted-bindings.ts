import * as z from 'zod/mini';
import { knownValue } from '../../base/known.ts';
import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import { TRAIT_FIELDS, type TraitField } from '../../pci/device-traits.ts';
import { persistedDeviceForm, persistedDeviceOf } from '../../pci/persisted/persisted-device.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { parseRecord, type RecordForm, serializeRecord } from '../persistence/record.ts';

/** The path of the record of devices that are bound at each boot. */
export const BINDINGS_PATH = '/etc/portal-gun/bindings.json';

const bindingForm = z.extend(persistedDeviceForm, {
  // It becomes part of programs that root runs.
  driver: z.string().check(z.regex(/^[\w-]{1,64}$/), z.refine(isPassthroughDriver)),
  /** Six hex digits. */
  class: z.exactOptional(z.string().check(z.regex(/^[0-9a-f]{6}$/))),
  /** Whether it was the boot display. */
  bootDisplay: z.exactOptional(z.boolean()),
});

/** A device that is bound for VMs at each boot. */
export type PersistedBinding = Readonly<z.infer<typeof bindingForm>>;

/** The fields that {@link persistedBindingOf} needs. */
export const PERSISTED_FIELDS = [
  ...TRAIT_FIELDS,
  'class',
  'bootVga',
] as const satisfies readonly DeviceField[];
/** One of {@link PERSISTED_FIELDS}. */
export type PersistedField = (typeof PERSISTED_FIELDS)[number];

const FORM: RecordForm<PersistedBinding> = {
  path: BINDINGS_PATH,
  schema: 'portal-gun/bindings/v1',
  entry: bindingForm,
};

/**
 * The record of a bound device.
 *
 * @param kept its earlier record
 * @param devices all devices of the host
 * @throws PortalGunError CANNOT_PERSIST if it could not be found again
 */
export function persistedBindingOf(
  device: DeviceWith<PersistedField>,
  driver: string,
  kept: PersistedBinding | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedBinding {
  const { address, ...traits } = persistedDeviceOf(device, kept, devices);
  const code = knownValue(device.class)?.code;
  return {
    ...{ address, driver },
    ...traits,
    ...(code === undefined ? {} : { class: code }),
    ...(knownValue(device.bootVga) === true ? { bootDisplay: true } : {}),
  };
}

/**
 * The record, ordered by address; `null` if it is empty.
 *
 * @throws PortalGunError CANNOT_PERSIST if it would be too large to be read again
 */
export function serializeBindings(bindings: readonly PersistedBinding[]): string | null {
  return serializeRecord(FORM, bindings);
}

/**
 * Parses the record; `null` is an empty one.
 *
 * @throws PortalGunError BAD_RECORD
 */
export function parseBindings(text: string | null): readonly PersistedBinding[] {
  return parseRecord(FORM, text);
}
