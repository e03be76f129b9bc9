import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { COMMON_URIS } from '../libvirt/connection-uri.ts';
import { type InventorySource, sysfsSource } from '../operations/session/sysfs-source.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { OptionDefinition, ValuesOf } from './grammar/command.ts';
import { hostOf, READING_OPTIONS, sessionOf } from './reading-options.ts';

/** The options of commands that show what a host has, be it told by its kernel or by its libvirt. */
export const INVENTORY_OPTIONS = {
  ...READING_OPTIONS,
  source: {
    describe:
      'Who is asked: the kernel (sysfs), the default, or libvirt as well, with what they do not agree on',
    type: 'string',
    choices: ['sysfs', 'libvirt'],
  },
  connect: {
    describe:
      'Ask the libvirt at this URI alone: qemu+ssh://root@host/system shows a host on which nothing is installed',
    type: 'string',
    valueName: 'URI',
    suggestions: COMMON_URIS,
  },
} as const satisfies Record<string, OptionDefinition>;

export type InventoryValues = ValuesOf<typeof INVENTORY_OPTIONS>;

/**
 * The source that the arguments name: the kernel of this machine, a captured host, libvirt.
 *
 * @throws PortalGunError BAD_ARGUMENT, and what opening it throws
 */
export async function sourceOf(
  args: Pick<InventoryValues, 'connect' | 'source' | 'host'>,
): Promise<InventorySource> {
  const connect = args.connect;
  const source = args.source;
  if (connect === undefined && source !== 'libvirt') return sysfsSource(hostOf(args));
  const refuse = (option: string, message: string): never => {
    throw new PortalGunError('BAD_ARGUMENT', message, { subject: option });
  };
  if (args.host !== undefined) {
    const asked = connect === undefined ? '--source libvirt' : '--connect';
    refuse('--host', `does not go with ${asked}: a captured host has no libvirt`);
  }
  if (connect !== undefined && source === 'sysfs') refuse('--connect', 'does not go with --source sysfs');
  // They cost a start of the program more than all else, and few ask for them.
  const [{ LiveRunner }, { libvirtSource }, { askedUri }, { isLocalUri }] = await Promise.all([
    import('../host/live/live-runner.ts'),
    import('../operations/session/libvirt-source.ts'),
    import('../operations/session/libvirt-connection.ts'),
    import('../libvirt/connection-uri.ts'),
  ]);
  const uri = askedUri(sessionOf(args))?.uri ?? null;
  // The kernel of this machine has no say where the environment names the libvirt of another.
  const isOfHere = connect === undefined && (uri === null || isLocalUri(uri));
  return libvirtSource(new LiveRunner(), uri, isOfHere ? hostOf(args) : null);
}

/** A sentence on where an inventory comes from, with a space before it; nothing where it is the kernel alone. */
export function originRemark({ host }: Inventory): string {
  return host.libvirt === undefined ? '' : ` From libvirt at ${escapeControls(host.libvirt)}.`;
}
