import { YamlNode } from '../../base/yaml-node.ts';
import { isCategory } from '../../libvirt/machine/category.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';
import { type AssignmentRule, type AssignmentRules, KEEP_USB } from './assignment-rules.ts';
import { selectorIn } from './selector-node.ts';

/** What the first key of a file of assignment rules says: its format. */
export const RULES_FORMAT = 'assignment-rules/v1';
/** In place of a category: devices that stay with the host. */
export const NOBODY = 'nobody';
/** In place of a selector: whatever no rule before it fits. */
const REST = 'rest';

/** The keys that each part of a file of assignment rules may have. */
export const RULES_KEYS = {
  rules: ['portal-gun', 'rules', 'keep-usb'],
  rule: ['devices', 'to'],
} as const;

/** The rules that hold where no file is given, as such a file. */
export const DEFAULT_RULES = `# How pci assign --by-rules shares out the devices of a host. The first rule that a device
# fits counts, or any member of its IOMMU group: those go together.
portal-gun: ${RULES_FORMAT}
rules:
  # Parts of the host itself: timers, sensors, SMBus, flash, management engine.
  - devices: [class=system, class=signal, class=0c05, class=0c80, class=0780]
    to: ${NOBODY}
  # Wired and wireless.
  - devices: class=network
    to: router
  - devices: [class=display, class=usb, class=audio]
    to: controller
  # What goes along where it is in the IOMMU group of one of those.
  - devices: class=memory
    to: ${NOBODY}
  - devices: ${REST}
    to: controller
# One USB controller stays with the host where it has no PS/2 keyboard (auto); always; never.
keep-usb: auto
`;

/**
 * Reads assignment rules: YAML 1.2 of the format that `docs/reference/assignment-rules.md` describes.
 *
 * @param name of the file, for errors
 * @throws PortalGunError BAD_RULES, with line and column
 */
export function parseAssignmentRules(text: string, name: string): AssignmentRules {
  const root: YamlNode = YamlNode.parse(text, name, 'BAD_RULES');
  const keys = root.keys(RULES_KEYS.rules);
  if (keys['portal-gun'] === undefined) {
    root.fail(
      'does not say that it has assignment rules',
      `begin it with the line: portal-gun: ${RULES_FORMAT}`,
    );
  }
  keys['portal-gun'].choice([RULES_FORMAT]);
  const rules: YamlNode = keys.rules ?? root.fail('has no rules: it needs the key "rules"');
  return {
    rules: rules.items().map(parseRule),
    keepUsb: keys['keep-usb']?.choice(KEEP_USB) ?? 'auto',
  };
}

function parseRule(node: YamlNode): AssignmentRule {
  const keys = node.keys(RULES_KEYS.rule);
  const devices: YamlNode =
    keys.devices ?? node.fail('does not say which devices: it needs the key "devices"');
  const to: YamlNode = keys.to ?? node.fail('does not say where to: it needs the key "to"');
  const selectors = (devices.isSequence ? devices.items() : [devices]).map(parseDevices);
  if (selectors.length === 0) devices.fail('names no devices');
  return { selectors, to: parseTarget(to) };
}

function parseTarget(node: YamlNode): string | null {
  const target = node.text();
  if (target === NOBODY) return null;
  if (isCategory(target)) return target;
  return node.fail(
    'is no type of machines',
    `it is ${NOBODY}, or as portal tag takes it: lower case letters, digits and hyphens`,
  );
}

function parseDevices(node: YamlNode): Selector {
  const text = node.text();
  if (text === REST) return { text, mustMatch: false, keys: [REST], fields: [], matches: () => true };
  return selectorIn(node);
}
