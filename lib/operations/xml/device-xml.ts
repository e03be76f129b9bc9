import type { Diagnostic } from '../../base/diagnostic.ts';
import { cardsOf, isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import { checkOfOne, type HostdevChoice, hostdevOptionsOf } from '../assignment/hostdev-options.ts';
import { type HostdevState, readHostdevState, toHostdevs, withGroups } from '../assignment/hostdev-state.ts';
import type { HostView } from '../inventory/host-view.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';
import { deviceSnippets, type Snippet } from './device-snippets.ts';
import { categoryIn, type GuestPlace, machineOf } from './guest-addresses.ts';

/** Options of `pci xml`. */
export interface XmlOptions extends HostdevChoice, GuestPlace {
  /** Selectors; at least one. */
  readonly devices: readonly string[];
  /** Whether all members of their IOMMU groups are included. */
  readonly group?: boolean;
}

/** XML that assigns devices of a host to a VM. */
export interface DeviceXml extends HostView {
  readonly snippets: readonly Snippet[];
  /** The diagnostics for these devices. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Writes the XML for devices of a VM, in the form of libvirt. Nothing is changed.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, CANNOT_BE_GIVEN, BAD_XML, DOMAIN_TOO_LARGE,
 * NO_GUEST_SLOT, and
 *   the errors of opening the host
 */
export async function deviceXml(session: HostSession, options: XmlOptions): Promise<DeviceXml> {
  const { devices, group = false } = options;
  const { state, view } = await readDevicesFor(session, devices);
  const domain = machineOf(options);
  const wishes = hostdevOptionsOf(session, options, categoryIn(domain));
  const { selected } = state;
  const chosen = group ? withGroups(state, selected) : selected;
  checkOfOne(options, wishes, chosen.length);
  return view(
    deviceSnippets(
      { ...options, domain },
      toHostdevs(state, chosen, wishes),
      cardsOf(chosen),
      isOfCardAmong(state.inventory.devices),
    ),
  );
}

/** Reads the state for passing some devices through; `view` makes the result for them. */
export async function readDevicesFor(
  session: HostSession,
  devices: readonly string[],
): Promise<{ readonly state: HostdevState; view(snippets: readonly Snippet[]): DeviceXml }> {
  const source = await inventorySourceOf(session);
  const state = await readHostdevState(source, session.names, devices);
  const { inventory } = state;
  return {
    state,
    view(snippets) {
      const addresses = new Set(snippets.map(({ address }) => address));
      const diagnostics = inventory.diagnostics.filter(({ subject }) => addresses.has(subject));
      return { inventory, origin: source.label, snippets, diagnostics };
    },
  };
}
