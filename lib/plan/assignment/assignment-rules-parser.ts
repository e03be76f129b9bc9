import * as z from 'zod/mini';
import { YamlFile } from '../../base/yaml-file.ts';
import { type MissingWords, parseYaml, withHint, yamlText } from '../../base/yaml-form.ts';
import { isCategory } from '../../libvirt/machine/category.ts';
import { parseSelector, type Selector } from '../../pci/selector/selector-parser.ts';
import { type AssignmentRules, KEEP_USB } from './assignment-rules.ts';
import { selectorForm } from './selector-form.ts';

/** The value of the first key in a file of assignment rules: its format. */
export const RULES_FORMAT = 'assignment-rules/v1';
/** Replaces a category: the devices stay with the host. */
export const NOBODY = 'nobody';
/** Replaces a selector: every device that no earlier rule matches. */
const REST = 'rest';

/** The default rules, if no file is given, in the form of a file. */
export const DEFAULT_RULES = `# How pci assign --by-rules distributes the devices of a host. The first rule that matches a device,
# or a member of its IOMMU group, decides for the whole group.
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
  # These are assigned only if they are in the IOMMU group of one of those.
  - devices: class=memory
    to: ${NOBODY}
  - devices: ${REST}
    to: controller
# Whether one USB controller stays with the host: if it has no PS/2 keyboard (auto), always, or never.
keep-usb: auto
`;

const MISSING: MissingWords = {
  'portal-gun': withHint(
    'does not identify itself as assignment rules',
    `begin it with the line: portal-gun: ${RULES_FORMAT}`,
  ),
  rules: 'has no rules: it needs the key "rules"',
  devices: 'names no devices: it needs the key "devices"',
  to: 'names no type of VMs: it needs the key "to"',
};

const NO_TYPE = withHint(
  'is not a type of VMs',
  `use ${NOBODY}, or a category of portal tag: lowercase letters, digits and hyphens`,
);

const devicesForm = selectorForm((text) =>
  text === REST
    ? { text, mustMatch: false, keys: [REST], fields: [], matches: () => true }
    : parseSelector(text),
);

const ruleForm = z.strictObject({
  devices: z.union([
    z.pipe(
      devicesForm,
      z.transform((selector): readonly Selector[] => [selector]),
    ),
    z.array(devicesForm).check(z.minLength(1, { error: 'names no devices' })),
  ]),
  to: z.pipe(
    yamlText.check(z.refine((to) => to === NOBODY || isCategory(to), { error: NO_TYPE })),
    z.transform((to) => (to === NOBODY ? null : to)),
  ),
});

const rulesForm = z.strictObject({
  'portal-gun': z.literal(RULES_FORMAT),
  rules: z.array(ruleForm),
  'keep-usb': z.optional(z.enum(KEEP_USB)),
});

/** The keys that each part of a file of assignment rules may have. */
export const RULES_KEYS = {
  rules: Object.keys(rulesForm.shape) as (keyof typeof rulesForm.shape)[],
  rule: Object.keys(ruleForm.shape) as (keyof typeof ruleForm.shape)[],
} as const;

/**
 * Parses assignment rules: YAML 1.2 in the format of `docs/reference/assignment-rules.md`.
 *
 * @param name of the file, for errors
 * @throws PortalGunError BAD_RULES, with line and column
 */
export function parseAssignmentRules(text: string, name: string): AssignmentRules {
  const file = new YamlFile(text, name, 'BAD_RULES');
  const { rules, 'keep-usb': keepUsb } = parseYaml(file, rulesForm, MISSING);
  return { rules: rules.map(({ devices, to }) => ({ selectors: devices, to })), keepUsb: keepUsb ?? 'auto' };
}
