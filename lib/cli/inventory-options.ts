import { escapeControls } from '../base/text.ts';
import { COMMON_URIS } from '../libvirt/connection-uri.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { OptionDefinition, ValuesOf } from './grammar/command.ts';
import { READING_OPTIONS } from './reading-options.ts';

/** The options of commands that show what a host has, be it told by its kernel or by its libvirt. */
export const INVENTORY_OPTIONS = {
  ...READING_OPTIONS,
  source: {
    describe: 'Source of the devices: sysfs (default), or libvirt too, with the differences between them',
    type: 'string',
    choices: ['sysfs', 'libvirt'],
  },
  connect: {
    describe:
      'Read only from the libvirt at this URI; qemu+ssh://root@host/system needs no installation there',
    type: 'string',
    valueName: 'URI',
    suggestions: COMMON_URIS,
  },
} as const satisfies Record<string, OptionDefinition>;

export type InventoryValues = ValuesOf<typeof INVENTORY_OPTIONS>;

/** A sentence on where an inventory comes from, with a space before it; nothing where it is the kernel alone. */
export function originRemark({ host }: Inventory): string {
  return host.libvirt === undefined ? '' : ` From libvirt at ${escapeControls(host.libvirt)}.`;
}
