import { PortalGunError } from '../../base/errors.ts';
import { YamlNode } from '../../base/yaml-node.ts';
import { hasFields } from '../../pci/device.ts';
import { type DeviceIdentity, IDENTITY_FIELDS, identityOf } from '../../pci/identity.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { selectorIn } from '../assignment/selector-node.ts';
import type { VfWishes } from '../sriov/vf-goal.ts';
import { VF_SETTING_KEYS, VF_SETTING_TEXTS, type VfSettingKey } from '../sriov/vf-setting-texts.ts';
import {
  type BindingPolicy,
  HOST_DRIVER,
  type Policy,
  type PolicyDevice,
  type VirtualFunctionsPolicy,
} from './policy.ts';

/** What the first key of a policy says: its format. */
export const POLICY_FORMAT = 'policy/v1';
const MAX_VFS = 0xffff;

/** The keys of a policy that name a device by what it is, and the parts of an identity that they are. */
const IDENTITY_KEYS = {
  id: 'id',
  subsystem: 'subsystem',
  serial: 'serial',
  mac: 'mac',
  path: 'path',
  slot: 'slotLabel',
} as const satisfies Record<string, keyof DeviceIdentity>;

/** The keys that each part of a policy may have. */
export const POLICY_KEYS = {
  policy: ['portal-gun', 'bindings', 'virtual-functions', 'persist'],
  binding: ['device', 'driver'],
  identity: Object.keys(IDENTITY_KEYS) as (keyof typeof IDENTITY_KEYS)[],
  'virtual functions': ['device', 'count', 'autoprobe', 'up', 'driver', 'vfs', ...VF_SETTING_KEYS],
} as const;

/**
 * Reads a policy: YAML 1.2 of the format that `docs/reference/policy.md` describes.
 *
 * @param name of the file, for errors
 * @throws PortalGunError BAD_POLICY, with line and column
 */
export function parsePolicy(text: string, name: string): Policy {
  const root: YamlNode = YamlNode.parse(text, name, 'BAD_POLICY');
  const keys = root.keys(POLICY_KEYS.policy);
  if (keys['portal-gun'] === undefined) {
    root.fail('does not say that it is a policy', `begin it with the line: portal-gun: ${POLICY_FORMAT}`);
  }
  keys['portal-gun'].choice([POLICY_FORMAT]);
  return {
    bindings: listOf(keys.bindings).map(parseBinding),
    virtualFunctions: listOf(keys['virtual-functions']).map(parseVirtualFunctions),
    persist: keys.persist?.flag() ?? false,
  };
}

function listOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node === undefined || node.isEmpty ? [] : node.items();
}

function parseBinding(node: YamlNode): BindingPolicy {
  if (!node.isMapping) return { device: parseDevice(node), driver: null };
  const keys = node.keys(POLICY_KEYS.binding);
  return {
    device: parseDevice(keys.device ?? node.fail('does not say which device: it needs the key "device"')),
    driver: keys.driver === undefined ? null : parseDriver(keys.driver),
  };
}

function parseDriver(node: YamlNode): string {
  const driver = node.text();
  // It becomes part of a path.
  if (driver === HOST_DRIVER || (/^[\w-]{1,64}$/.test(driver) && isPassthroughDriver(driver))) return driver;
  return node.fail('is to be host, or a driver that hands devices to VMs, such as vfio-pci');
}

function parseDevice(node: YamlNode): PolicyDevice {
  const selector = node.isMapping ? identitySelector(node) : selectorIn(node);
  return { selector: { ...selector, mustMatch: true }, at: node.place };
}

/** A device of which every part of its identity that is named is so. */
function identitySelector(node: YamlNode): Selector {
  const names = POLICY_KEYS.identity;
  const keys = node.keys(names);
  const wanted = names.flatMap((name) => {
    const value = keys[name]?.text();
    return value === undefined ? [] : [{ name, part: IDENTITY_KEYS[name], value }];
  });
  if (wanted.length === 0) node.fail(`names no part of an identity: ${names.join(', ')}`);
  return {
    text: wanted.map(({ name, value }) => `${name} ${value}`).join(', '),
    mustMatch: true,
    keys: ['identity'],
    fields: IDENTITY_FIELDS,
    matches(device) {
      if (!hasFields(device, IDENTITY_FIELDS)) return false;
      const identity = identityOf(device);
      return wanted.every(({ part, value }) => identity[part]?.toLowerCase() === value.toLowerCase());
    },
  };
}

function parseVirtualFunctions(node: YamlNode): VirtualFunctionsPolicy {
  const keys = node.keys(POLICY_KEYS['virtual functions']);
  const device = parseDevice(keys.device ?? node.fail('does not say which PF: it needs the key "device"'));
  const counted: YamlNode = keys.count ?? node.fail('does not say how many: it needs the key "count"');
  const count = counted.integer(0, MAX_VFS);
  const each = new Map(
    (keys.vfs === undefined || keys.vfs.isEmpty ? [] : keys.vfs.entries()).map(([key, vf]) => {
      const index = /^\d{1,5}$/.test(key) ? Number(key) : Number.NaN;
      if (!(index < count))
        vf.fail(`"${key}" is the number of no VF: they are counted from 0, up to "count"`);
      return [index, parseWishes(vf.keys(VF_SETTING_KEYS))];
    }),
  );
  return {
    device,
    goal: {
      count,
      autoprobe: keys.autoprobe?.flag() ?? null,
      all: parseWishes(keys),
      each,
      isUp: keys.up?.flag() ?? true,
    },
    driver: keys.driver === undefined ? undefined : parseDriver(keys.driver),
  };
}

function parseWishes(keys: { readonly [key in VfSettingKey]?: YamlNode }): VfWishes {
  return Object.assign(
    {},
    ...VF_SETTING_KEYS.map((key) => {
      const node = keys[key];
      return node === undefined ? {} : parseWish(key, node);
    }),
  ) as VfWishes;
}

/** As on the command line; but YAML has words of its own for on and off. */
function parseWish(key: VfSettingKey, node: YamlNode): VfWishes {
  const isSwitch = key === 'trust' || key === 'spoof-check';
  const text = isSwitch ? (node.flag() ? 'on' : 'off') : node.text();
  try {
    return VF_SETTING_TEXTS[key](text, key);
  } catch (error) {
    if (!(error instanceof PortalGunError) || error.code !== 'BAD_ARGUMENT') throw error;
    return node.fail(error.message, error.hint);
  }
}
