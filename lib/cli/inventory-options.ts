import { escapeControls } from '../base/text.ts';
import { COMMON_URIS } from '../libvirt/connection-uri.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { OptionDefinition, ValuesOf } from './grammar/command.ts';
import { READING_OPTIONS } from './reading-options.ts';

/** The options of commands that show the devices of a host, as its kernel or its libvirt reports them. */
export const INVENTORY_OPTIONS = {
  ...READING_OPTIONS,
  source: {
    describe:
      'Source of facts: the kernel (sysfs, default), or also libvirt, with the differences between them',
    type: 'string',
    choices: ['sysfs', 'libvirt'],
  },
  connect: {
    describe: 'Ask only the libvirt at this URI: qemu+ssh://root@host/system shows a host without portal-gun',
    type: 'string',
    valueName: 'URI',
    suggestions: COMMON_URIS,
  },
} as const satisfies Record<string, OptionDefinition>;

export type InventoryValues = ValuesOf<typeof INVENTORY_OPTIONS>;

/** A sentence that names the source of an inventory, after a space; empty if only the kernel is the source. */
export function originRemark({ host }: Inventory): string {
  return host.libvirt === undefined ? '' : ` From libvirt at ${escapeControls(host.libvirt)}.`;
}
