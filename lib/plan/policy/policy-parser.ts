import * as z from 'zod/mini';
import { YamlFile } from '../../base/yaml-file.ts';
import {
  type MissingWords,
  parseYaml,
  withHint,
  yamlFlag,
  yamlInteger,
  yamlList,
  yamlParsed,
  yamlText,
} from '../../base/yaml-form.ts';
import { hasFields } from '../../pci/device.ts';
import { type DeviceIdentity, IDENTITY_FIELDS, identityOf } from '../../pci/identity.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { selectorForm } from '../assignment/selector-form.ts';
import type { VfWishes } from '../sriov/vf-goal.ts';
import { VF_SETTING_KEYS, VF_SETTING_TEXTS, type VfSettingKey } from '../sriov/vf-setting-texts.ts';
import { HOST_DRIVER, type Policy, type PolicyDevice } from './policy.ts';

/** The value of the first key in a policy: its format. */
export const POLICY_FORMAT = 'policy/v1';
const MAX_VFS = 0xffff;

/** The keys of a policy that name a device by its identity, with the parts of the identity. */
const IDENTITY_KEYS = {
  id: 'id',
  subsystem: 'subsystem',
  serial: 'serial',
  mac: 'mac',
  path: 'path',
  slot: 'slotLabel',
} as const satisfies Record<string, keyof DeviceIdentity>;

const MISSING: MissingWords = {
  'portal-gun': withHint(
    'does not identify itself as a policy',
    `begin it with the line: portal-gun: ${POLICY_FORMAT}`,
  ),
  device: 'names no device: it needs the key "device"',
  count: 'has no number of VFs: it needs the key "count"',
};

const identityPart = z.optional(yamlText);
const identityForm = z.strictObject({
  id: identityPart,
  subsystem: identityPart,
  serial: identityPart,
  mac: identityPart,
  path: identityPart,
  slot: identityPart,
} satisfies Record<keyof typeof IDENTITY_KEYS, typeof identityPart>);

/** A selector, or an identity whose given parts all match. */
const deviceForm = z.union([
  selectorForm(),
  z.pipe(
    identityForm,
    z.transform((identity, context): Selector => {
      const wanted = keysOf(identityForm).flatMap((name) => {
        const value = identity[name];
        return value === undefined ? [] : [{ name, part: IDENTITY_KEYS[name], value }];
      });
      if (wanted.length === 0) {
        const message = `names no part of an identity: ${keysOf(identityForm).join(', ')}`;
        context.issues.push({ code: 'custom', message, input: identity });
      }
      return {
        text: wanted.map(({ name, value }) => `${name} ${value}`).join(', '),
        mustMatch: true,
        keys: ['identity'],
        fields: IDENTITY_FIELDS,
        matches(device) {
          if (!hasFields(device, IDENTITY_FIELDS)) return false;
          const known = identityOf(device);
          return wanted.every(({ part, value }) => known[part]?.toLowerCase() === value.toLowerCase());
        },
      };
    }),
  ),
]);

// It becomes part of a path.
const driverForm = yamlText.check(
  z.refine(
    (driver) => driver === HOST_DRIVER || (/^[\w-]{1,64}$/.test(driver) && isPassthroughDriver(driver)),
    {
      error: 'must be host, or a VFIO driver such as vfio-pci',
    },
  ),
);

const bindingForm = z.strictObject({ device: deviceForm, driver: z.optional(driverForm) });

/** A setting of a VF, as on the command line. */
const settingForm = (key: VfSettingKey) =>
  z.optional(yamlParsed((text): VfWishes => VF_SETTING_TEXTS[key](text, key), 'BAD_ARGUMENT'));
/** The same for a switch; YAML has its own words for on and off. */
const switchForm = (key: VfSettingKey) =>
  z.optional(
    z.pipe(
      yamlFlag,
      z.transform((flag): VfWishes => VF_SETTING_TEXTS[key](flag ? 'on' : 'off', key)),
    ),
  );

const wishesForm = z.strictObject({
  mac: settingForm('mac'),
  vlan: settingForm('vlan'),
  trust: switchForm('trust'),
  'spoof-check': switchForm('spoof-check'),
  link: settingForm('link'),
  rate: settingForm('rate'),
} satisfies Record<VfSettingKey, z.ZodMiniType>);

const virtualFunctionsForm = z
  .strictObject({
    device: deviceForm,
    count: yamlInteger(0, MAX_VFS),
    autoprobe: z.optional(yamlFlag),
    up: z.optional(yamlFlag),
    driver: z.optional(driverForm),
    vfs: z.nullish(z.record(yamlText, wishesForm)),
    ...wishesForm.shape,
  })
  .check(({ value, issues }) => {
    for (const key of Object.keys(value.vfs ?? {})) {
      if (/^\d{1,5}$/.test(key) && Number(key) < value.count) continue;
      const message = `"${key}" is the number of no VF: they are counted from 0, up to "count"`;
      issues.push({ code: 'custom', message, path: ['vfs', key], input: key });
    }
  });

const policyForm = z.strictObject({
  'portal-gun': z.literal(POLICY_FORMAT),
  bindings: yamlList(
    z.union([
      z.pipe(
        selectorForm(),
        z.transform((device) => ({ device, driver: undefined })),
      ),
      bindingForm,
    ]),
  ),
  'virtual-functions': yamlList(virtualFunctionsForm),
  persist: z.optional(yamlFlag),
});

/** The keys that each part of a policy may have. */
export const POLICY_KEYS = {
  policy: keysOf(policyForm),
  binding: keysOf(bindingForm),
  identity: keysOf(identityForm),
  'virtual functions': keysOf(virtualFunctionsForm),
} as const;

/**
 * Parses a policy: YAML 1.2 in the format of `docs/reference/policy.md`.
 *
 * @param name of the file, for errors
 * @throws PortalGunError BAD_POLICY, with line and column
 */
export function parsePolicy(text: string, name: string): Policy {
  const file = new YamlFile(text, name, 'BAD_POLICY');
  const { bindings, 'virtual-functions': virtualFunctions, persist } = parseYaml(file, policyForm, MISSING);
  const deviceAt = (selector: Selector, ...path: readonly PropertyKey[]): PolicyDevice => ({
    selector: { ...selector, mustMatch: true },
    at: file.placeOf([...path, 'device']),
  });
  return {
    bindings: bindings.map(({ device, driver }, index) => ({
      device: deviceAt(device, 'bindings', index),
      driver: driver ?? null,
    })),
    virtualFunctions: virtualFunctions.map(
      ({ device, count, autoprobe, up, driver, vfs, ...all }, index) => ({
        device: deviceAt(device, 'virtual-functions', index),
        goal: {
          count,
          autoprobe: autoprobe ?? null,
          all: wishesOf(all),
          each: new Map(Object.entries(vfs ?? {}).map(([key, wishes]) => [Number(key), wishesOf(wishes)])),
          isUp: up ?? true,
        },
        driver,
      }),
    ),
    persist: persist ?? false,
  };
}

/** All settings of a VF, merged. */
function wishesOf(wishes: z.output<typeof wishesForm>): VfWishes {
  return Object.assign({}, ...VF_SETTING_KEYS.map((key) => wishes[key]));
}

function keysOf<Shape extends object>({
  shape,
}: {
  readonly shape: Shape;
}): readonly (keyof Shape & string)[] {
  return Object.keys(shape) as (keyof Shape & string)[];
}
