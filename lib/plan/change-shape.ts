import { PortalGunError } from '../base/errors.ts';
import { parseHostDevice } from '../libvirt/hostdev/host-device-parser.ts';
import { formatHostDevice } from '../libvirt/hostdev/host-device-text.ts';
import { parseXml } from '../libvirt/xml/xml-document.ts';
import { isPersistedDevice } from '../pci/persisted/persisted-device.ts';
import type { Change } from './change.ts';
import type { OtherForms } from './change-kind.ts';
import { CHANGE_KINDS } from './change-kinds.ts';
import { isParts } from './change-parts.ts';
import type { PluggedDevice } from './change-states.ts';
import { isOwnPath } from './persistence/own-paths.ts';
import { areSettings } from './sriov/setting-forms.ts';

const OTHER_FORMS: OtherForms = { isHostDevice, isPersistedDevice, areSettings, isOwnPath };

/** Whether a value is a change of a known kind, with every part in its form: nothing else in a journal is made. */
export function isChange(value: unknown): value is Change {
  if (!isParts(value) || typeof value['kind'] !== 'string') return false;
  if (!Object.hasOwn(CHANGE_KINDS, value['kind'])) return false;
  return CHANGE_KINDS[value['kind'] as Change['kind']].hasForm(value, OTHER_FORMS);
}

/** Its XML must parse as the same device, so it contains nothing outside its form. */
function isHostDevice(value: unknown): boolean {
  if (!isParts(value)) return false;
  try {
    const text = formatHostDevice(value as unknown as PluggedDevice);
    const document = parseXml(text, 'a device');
    const device = parseHostDevice(document, document.root);
    return device !== null && formatHostDevice(device) === text;
  } catch (error) {
    if (error instanceof PortalGunError || error instanceof TypeError || error instanceof RangeError)
      return false;
    throw error;
  }
}
