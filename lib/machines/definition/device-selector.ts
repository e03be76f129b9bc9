import { parseSelector, type Selector } from '../../pci/selector/selector-parser.ts';

/** The word that leaves out the devices that the host uses for its network. */
const NO_UPLINK = '!uplink';

/** The devices that an entry of `pci` selects. */
export interface DeviceSelector {
  /** As it was written. */
  readonly text: string;
  readonly selector: Selector;
  /** Whether devices that the host uses for its network are left out. */
  readonly sparesUplink: boolean;
}

/**
 * Reads a selector as a definition has it: that of `pci`, with blanks or commas between its parts, and the word `!uplink`.
 *
 * @throws PortalGunError BAD_SELECTOR
 */
export function parseDeviceSelector(text: string): DeviceSelector {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const parts = words.filter((word) => word !== NO_UPLINK);
  return { text, selector: parseSelector(parts.join(',')), sparesUplink: parts.length < words.length };
}
