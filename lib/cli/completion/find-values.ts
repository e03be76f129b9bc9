import { knownValue } from '../../base/known.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { readPciIdsFile } from '../../host/pci-ids-file.ts';
import type { DefinitionKey } from '../../machines/definition/definition-keys.ts';
import type { HostSession } from '../../operations/session/host-session.ts';
import { shortAddress } from '../../pci/address.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { DEVICE_CATEGORIES } from '../../pci/device-class.ts';
import { PciIdsNames } from '../../pci/pci-ids.ts';
import { SELECTOR_KEYS } from '../../pci/selector/selector-parser.ts';
import { cellText, deviceTitle } from '../../render/layout/facts.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { readRegisteredDrivers } from '../../sysfs/device/registered-drivers.ts';
import { sessionOf } from '../reading-options.ts';
import type { Candidate, FindValues, FoundKind } from './complete.ts';

/** The longest acceptable wait after a key press. */
const TIMEOUT_MS = 1500;

/** Returns a function that finds values on the host and in the libvirt of the options before the cursor. */
export function findValuesOn(ports: HostPorts): FindValues {
  return (kind, word, { host, connect, project }) =>
    FINDERS[kind](word, sessionOf({ host, connect, project }, ports));
}

type FindIn = (word: string, session: HostSession) => Promise<readonly Candidate[]>;

const FINDERS: Readonly<Record<FoundKind, FindIn>> = {
  selector: async (word, { host }) => selectors(host, word),
  driver: async (_, { host }) => drivers(host).map((name) => ({ word: name })),
  machine: (_, session) => machines(session),
  finding: () => findings(),
  binding: async (_, { host }) => {
    const { readBindings } = await import('../../operations/binding/persistence.ts');
    return readBindings(host).map(({ address }) => ({ word: address }));
  },
  'persisted-pf': async (_, { host }) => {
    const { readPersistedPfs } = await import('../../operations/binding/persistence.ts');
    return readPersistedPfs(host).map(({ address }) => ({ word: address }));
  },
  'folder-machine': async (_, session) => {
    const { openProject } = await import('../../operations/project/open-project.ts');
    return (await openProject(session)).machines().map(({ name }) => ({ word: name }));
  },
  'definition-key': async (word) =>
    (await definitionKeysFor(word)).map(({ path, summary }) => ({ word: path, summary })),
  'definition-value': async (word) => {
    const keys = await definitionKeysFor(word);
    if (!word.includes('=')) return keys.map(({ path, summary }) => ({ word: `${path}=`, summary }));
    const named = keys.find(({ path }) => path === word.slice(0, word.indexOf('=')));
    return (named?.values ?? []).map((value) => ({ word: `${named?.path}=${value}` }));
  },
  'boot-assets': async (_, { ports }) => {
    const { readBootRecords } = await import('../../operations/boot/boot-store.ts');
    return (await readBootRecords(ports)).map(({ name }) => ({ word: name }));
  },
  'stored-image': async (_, { ports }) => {
    const { readImageRecords } = await import('../../operations/boot/boot-store.ts');
    return (await readImageRecords(ports)).map(({ name }) => ({ word: name }));
  },
  template: async (_, session) => {
    const { listTemplates } = await import('../../operations/project/new/find-template.ts');
    const templates = await listTemplates(session);
    return templates.map(({ name, template }) => ({ word: name, summary: template.summary }));
  },
};

/** The keys of definitions, with the indices of lists as a word has them. */
async function definitionKeysFor(word: string): Promise<readonly DefinitionKey[]> {
  const { definitionKeys } = await import('../../machines/definition/definition-keys.ts');
  const steps = word.split('=')[0]?.split('.') ?? [];
  return definitionKeys().map((key) => ({
    ...key,
    path: key.path
      .split('.')
      .map((step, at) => (step === '0' && /^\d+$/.test(steps[at] ?? '') ? steps[at] : step))
      .join('.'),
  }));
}

/** The fact that a key of a selector is compared with. */
interface SelectorFact {
  readonly fields: readonly DeviceField[];
  /** Whether `none` means the devices without one. */
  readonly mayBeNone?: true;
  values(device: PciDevice): readonly (string | number)[];
}

const given = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const SELECTOR_FACTS: Readonly<Record<string, SelectorFact>> = {
  driver: { fields: ['driver'], mayBeNone: true, values: ({ driver }) => given(knownValue(driver)) },
  card: { fields: [], values: ({ address }) => [shortAddress(address).replace(/\.\d$/, '')] },
  group: {
    fields: ['iommuGroup'],
    mayBeNone: true,
    values: ({ iommuGroup }) => given(knownValue(iommuGroup)),
  },
  numa: { fields: ['numaNode'], mayBeNone: true, values: ({ numaNode }) => given(knownValue(numaNode)) },
  netdev: {
    fields: ['netInterfaces', 'driver'],
    values: ({ netInterfaces }) => knownValue(netInterfaces) ?? [],
  },
  block: { fields: ['blockDevices', 'driver'], values: ({ blockDevices }) => knownValue(blockDevices) ?? [] },
};

/** Selectors that begin with a word; of several separated by commas, the last is completed. */
function selectors(host: HostReader, word: string): readonly Candidate[] {
  const [, before = '', part = ''] = /^(.*,)?(.*)$/s.exec(word) ?? [];
  const mark = part.startsWith('!') ? '!' : '';
  const sought = part.slice(mark.length);
  const [key, value] = sought.split('=', 2);
  const found = value === undefined ? plainSelectors(host, sought) : valuesOf(host, key ?? '');
  return found
    .filter((candidate) => candidate.word.startsWith(sought))
    .map((candidate) => ({ ...candidate, word: `${before}${mark}${candidate.word}` }));
}

/** Keys, roles, and addresses: short ones, and long ones if no short one matches. */
function plainSelectors(host: HostReader, sought: string): readonly Candidate[] {
  const words = [...SELECTOR_KEYS.map((key) => `${key}=`), 'pf', 'vf'].map((word) => ({ word }));
  const devices = devicesOf(host, ['class', 'vendor', 'device', 'driver']);
  const by = (address: (device: PciDevice) => string): readonly Candidate[] =>
    devices
      .map((device) => ({ word: address(device), summary: describe(device) }))
      .filter(({ word }) => word.startsWith(sought));
  const short = by((device) => shortAddress(device.address));
  return [...(short.length > 0 ? short : by(({ address }) => address)), ...words];
}

function describe(device: PciDevice): string {
  const driver = knownValue(device.driver);
  return `${deviceTitle(device)} (${driver === undefined ? 'no driver' : cellText(device.driver)})`;
}

/** `key=value` for each value that a device of the host has. */
function valuesOf(host: HostReader, key: string): readonly Candidate[] {
  if (key === 'class') return DEVICE_CATEGORIES.map((category) => ({ word: `class=${category}` }));
  const fact = SELECTOR_FACTS[key];
  if (fact === undefined) return [];
  const values = new Set<string | number>(
    devicesOf(host, fact.fields).flatMap((device) => fact.values(device)),
  );
  if (fact.mayBeNone === true) values.add('none');
  return [...values].map((value) => ({ word: `${key}=${value}` }));
}

function devicesOf(host: HostReader, fields: readonly DeviceField[]): readonly PciDevice[] {
  const names = new PciIdsNames(readPciIdsFile(undefined).bytes, '');
  return readInventory(host, names, fields).devices;
}

function drivers(host: HostReader): readonly string[] {
  const drivers = readRegisteredDrivers(host);
  return drivers === null || isFailure(drivers) ? [] : drivers.map(({ name }) => name);
}

/** The names of the VMs of libvirt, if it answers immediately. */
async function machines(session: HostSession): Promise<readonly Candidate[]> {
  const [{ askedUri }, { DEFAULT_URI }] = await Promise.all([
    import('../../operations/session/libvirt-connection.ts'),
    import('../../libvirt/connection-uri.ts'),
  ]);
  const uri = askedUri(session)?.uri ?? DEFAULT_URI;
  const words = ['--quiet', '--readonly', '--connect', uri, 'list', '--all', '--name'];
  const run = await session.ports.runner.run('virsh', words, { timeoutMs: TIMEOUT_MS });
  const names = run.kind === 'exited' && run.exitCode === 0 ? run.stdout.split('\n') : [];
  return names.filter((name) => name !== '').map((word) => ({ word }));
}

async function findings(): Promise<readonly Candidate[]> {
  const { SAFETY_RULES } = await import('../../checks/safety/safety-rules.ts');
  return SAFETY_RULES.map(({ name, title }) => ({ word: name, summary: title }));
}
