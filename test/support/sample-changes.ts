import { createHash } from 'node:crypto';
import type { Assignment } from '../../lib/libvirt/assignment/assignment.ts';
import { plainHostDevice } from '../../lib/libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import type { Change, ChangeOf } from '../../lib/plan/change.ts';
import { uuidOf } from './made-up-libvirt.ts';

const at = (address: string): PciAddress => address as PciAddress;
const CARD = at('0000:07:00.0');
const PF = at('0000:01:00.0');
const VF = at('0000:01:10.0');
const OF_MACHINE = { uri: 'qemu:///system', machine: uuidOf(1) };
const HOST = { driver: 'e1000e', override: null };
const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' };
const alias = 'ua-portal-gun-0000-07-00-0';
const DEVICE = { ...plainHostDevice(CARD), alias };
const ELEMENT = '<machine category="router"/>';
const PLACES = [{ address: VF, pf: PF, index: 0 }];
const IDENTITY = {
  ...{ address: CARD, path: 'pci0000:00/06.0/00.0', id: '8086:10d3', subsystem: null },
  ...{ deviceSerial: null, productSerial: null, mac: null },
};
const ASSIGNMENT: Assignment = {
  ...{ alias, device: IDENTITY, iommuGroup: 12, allowed: ['net-address'] },
  policy: 'shared',
};

const NEW_IMAGE = { format: 'qcow2', sizeBytes: 2 ** 31, backing: null } as const;
const OVERLAY = {
  format: 'qcow2',
  sizeBytes: null,
  backing: { path: '/var/lib/portal-gun/images/debian', format: 'raw' },
} as const;
const NETWORK = { xml: '<network><name>isolated-lan</name></network>', active: true, autostart: false };
const DOMAIN = `<domain type="qemu"><name>r0</name><uuid>${uuidOf(1)}</uuid></domain>`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const GUEST_FILE = { kind: 'file', sha256: sha256('bye'), mode: 0o644, uid: 0, gid: 33 } as const;
const GUEST_FOLDER = { kind: 'directory', mode: 0o755, uid: 0, gid: 0 } as const;
const GUEST_LINK = { kind: 'link', target: '../run/motd' } as const;

/** Changes of every kind, with each part that a kind may hold in one of them. */
export const SAMPLE_CHANGES: { readonly [K in Change['kind']]: readonly ChangeOf<K>[] } = {
  driver: [
    { kind: 'driver', address: CARD, from: HOST, to: VFIO },
    { kind: 'driver', address: CARD, from: VFIO, to: { driver: '*', override: null } },
  ],
  module: [
    { kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true },
    { kind: 'module', module: 'vhost_net', driver: null, from: true, to: false },
  ],
  file: [
    { kind: 'file', path: '/etc/portal-gun/bindings.json', from: null, to: '{}', executable: true },
    { kind: 'file', path: '/run/portal-gun/earlier-drivers.json', from: '{}', to: null },
  ],
  initramfs: [
    { kind: 'initramfs', from: 'abc', to: 'stale' },
    { kind: 'initramfs', from: 'stale', to: null },
  ],
  'boot-loader': [
    { kind: 'boot-loader', from: null, to: 'stale' },
    { kind: 'boot-loader', from: 'stale', to: 'intel_iommu=on iommu=pt' },
  ],
  vfs: [
    {
      ...{ kind: 'vfs', address: PF, from: { count: 0, autoprobe: true, vfs: [] } },
      to: {
        ...{ count: 1, autoprobe: true },
        vfs: [{ index: 0, settings: { mac: '02:00:00:00:00:01', trust: true }, driver: VFIO }],
      },
    },
  ],
  link: [
    { kind: 'link', address: PF, from: false, to: true },
    { kind: 'link', address: PF, from: true, to: false },
  ],
  assignment: [
    {
      ...{ kind: 'assignment', ...OF_MACHINE, from: { devices: [], rootPorts: [] } },
      to: { devices: [{ alias, assignment: ASSIGNMENT, device: DEVICE }], rootPorts: [5] },
      ...{ metadata: ELEMENT, vfs: PLACES },
    },
  ],
  attachment: [
    { kind: 'attachment', ...OF_MACHINE, address: CARD, from: null, to: DEVICE, vfs: PLACES },
    { kind: 'attachment', ...OF_MACHINE, address: CARD, from: DEVICE, to: null },
  ],
  category: [
    { kind: 'category', ...OF_MACHINE, place: 'definition', from: null, to: 'router', metadata: ELEMENT },
    { kind: 'category', ...OF_MACHINE, place: 'live', from: 'router', to: null, metadata: null },
  ],
  hooks: [{ kind: 'hooks', uri: 'qemu:///system', from: false, to: true }],
  directory: [
    { kind: 'directory', path: '/run/portal-gun/machines/r0', from: false, to: true },
    { kind: 'directory', path: '/var/log/portal-gun/machines/r0', from: true, to: false, withContent: true },
  ],
  image: [
    { kind: 'image', path: '/var/lib/portal-gun/machines/r0/www.qcow2', from: null, to: NEW_IMAGE },
    { kind: 'image', path: '/var/lib/portal-gun/machines/r0/root.qcow2', from: null, to: OVERLAY },
    { kind: 'image', path: '/var/lib/portal-gun/machines/r0/www.qcow2', from: NEW_IMAGE, to: null },
  ],
  network: [
    { kind: 'network', uri: OF_MACHINE.uri, name: 'isolated-lan', from: null, to: NETWORK },
    { kind: 'network', uri: OF_MACHINE.uri, name: 'isolated-lan', from: NETWORK, to: null },
  ],
  definition: [
    { kind: 'definition', ...OF_MACHINE, from: null, to: DOMAIN },
    { kind: 'definition', ...OF_MACHINE, from: DOMAIN, to: null },
  ],
  'guest-file': [
    {
      ...{ kind: 'guest-file', machine: 'web0', path: '/etc/motd', from: null },
      ...{ to: { ...GUEST_FILE, sha256: sha256('hello') }, content: Buffer.from('hello').toString('base64') },
    },
    {
      ...{ kind: 'guest-file', machine: 'web0', path: '/etc/motd', from: GUEST_FILE },
      ...{ to: { ...GUEST_FILE, mode: 0o600 }, content: null },
    },
    { kind: 'guest-file', machine: 'web0', path: '/srv/it', from: GUEST_FOLDER, to: null, content: null },
    {
      kind: 'guest-file',
      machine: 'web0',
      path: "/srv/it's",
      from: GUEST_LINK,
      to: GUEST_FOLDER,
      content: null,
    },
  ],
  'guest-setting': [
    {
      ...{ kind: 'guest-setting', machine: 'web0', init: 'systemd' },
      ...{ setting: 'service', of: 'nginx', from: 'stopped', to: 'running' },
    },
    {
      ...{ kind: 'guest-setting', machine: 'web0', init: 'openrc' },
      ...{ setting: 'restart', of: 'nginx', from: 'stale', to: '0123456789abcdef' },
    },
  ],
  power: [
    { kind: 'power', ...OF_MACHINE, from: 'off', to: 'running', graceSeconds: 0, functions: [CARD] },
    { kind: 'power', ...OF_MACHINE, from: 'running', to: 'off', graceSeconds: 60, functions: [] },
  ],
};
