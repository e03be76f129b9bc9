import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { HostdevPool } from '../../libvirt/hostdev/host-device.ts';
import { formatHostdevPool } from '../../libvirt/hostdev/host-device-text.ts';
import { isNetworkVf } from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { PassthroughNote } from '../../pci/group/passthrough.ts';
import { badValue } from '../../plan/sriov/vf-setting-texts.ts';
import { type HostdevChoice, hostdevOptionsOf } from '../assignment/hostdev-options.ts';
import type { HostdevState } from '../assignment/hostdev-state.ts';
import type { HostSession } from '../session/host-session.ts';
import type { Snippet } from './device-snippets.ts';
import { type DeviceXml, readDevicesFor } from './device-xml.ts';

/** The characters that libvirt's schema allows in the interface of a PF. */
const INTERFACE = /^[\w.\\:/-]+$/;

/** A network that provides VFs. */
export interface PoolXmlOptions extends Pick<HostdevChoice, 'managed' | 'vlan'> {
  /** The name of the network: letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** Selectors of one PF, whose VFs are all in the pool, or of VFs. */
  readonly devices: readonly string[];
}

/**
 * Writes a network that provides VFs: all of one PF, or the named ones.
 *
 * @throws PortalGunError BAD_ARGUMENT; BAD_SELECTOR, DEVICE_NOT_FOUND; NO_SRIOV if the devices have no VFs
 */
export async function poolXml(session: HostSession, options: PoolXmlOptions): Promise<DeviceXml> {
  const { name, devices } = options;
  if (!/^[\w.-]{1,64}$/.test(name)) throw badValue('--pool', name, 'a name of letters, digits, -, _ and .');
  const { isManaged, vlan } = hostdevOptionsOf(session, options);
  const { state, view } = await readDevicesFor(session, devices);
  const { selected } = state;
  const source = selected.every(isNetworkVf) ? ofVfs(selected) : ofPf(selected, state);
  const pool: HostdevPool = {
    name,
    isManaged: isManaged ?? true,
    driver: null,
    vlans: vlan === null ? [] : [vlan],
    pf: source.pf,
    addresses: source.vfs.map(({ address }) => address),
  };
  const usage: PassthroughNote = {
    level: 'ok',
    code: 'pool-usage',
    message: `define the network with virsh net-define; a VM uses it as <interface type='network'><source network='${name}'/></interface>`,
  };
  const snippet: Snippet = {
    address: source.address,
    kind: 'pool',
    xml: formatHostdevPool(pool),
    notes: [...source.notes, usage],
  };
  return view([snippet]);
}

interface PoolSource {
  readonly address: string | null;
  /** The interface of the PF; `null` if the VFs are listed. */
  readonly pf: string | null;
  readonly vfs: readonly PciDevice[];
  readonly notes: readonly PassthroughNote[];
}

const LISTED: PassthroughNote = {
  level: 'needs',
  code: 'vfs-listed',
  message:
    'libvirt accepts listed VFs only while they exist; to keep them over reboots: pci sriov set --persist',
};

function ofVfs(vfs: readonly PciDevice[]): PoolSource {
  return { address: null, pf: null, vfs, notes: [LISTED] };
}

function ofPf(selected: readonly PciDevice[], { inventory }: HostdevState): PoolSource {
  const [pf, ...more] = selected;
  const role = pf === undefined ? undefined : knownValue(pf.sriov);
  const isNetwork = pf !== undefined && knownValue(pf.class)?.code.startsWith('02') === true;
  if (pf === undefined || more.length > 0 || role?.role !== 'pf' || !isNetwork) {
    throw new PortalGunError('NO_SRIOV', 'a pool needs one PF of a network card, or its VFs', {
      subject: pf?.address ?? '--pool',
    });
  }
  const [name, ...others] = knownValue(pf.netInterfaces) ?? [];
  const vfs = inventory.devices.filter(({ address }) => role.virtualFunctions.includes(address));
  const none: PassthroughNote = {
    level: 'needs',
    code: 'no-vfs',
    message: `has no VFs yet; to create them: pci sriov set ${pf.address} --vfs NUMBER`,
  };
  if (name !== undefined && others.length === 0 && INTERFACE.test(name)) {
    return { address: pf.address, pf: name, vfs: [], notes: vfs.length === 0 ? [none] : [] };
  }
  if (vfs.length === 0) {
    throw new PortalGunError('NO_SRIOV', 'has neither a network interface nor VFs', {
      subject: pf.address,
    });
  }
  const why = name === undefined ? 'has no interface' : `has ${escapeControls([name, ...others].join(', '))}`;
  const message = `${why}, so its ${count(vfs.length, 'VF')} are listed one by one: the pool does not include VFs that are created later`;
  return {
    address: pf.address,
    pf: null,
    vfs,
    notes: [{ level: 'warns', code: 'pf-not-named', message }, LISTED],
  };
}
