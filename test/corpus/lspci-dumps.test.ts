import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DENIED, isUnknown, type Known, knownValue, UNREAD } from '../../lib/base/known.ts';
import type { Feature } from '../../lib/pci/config/capabilities.ts';
import { type ConfigSpace, parseConfigSpace } from '../../lib/pci/config/config-space.ts';
import { corpusFolder } from '../support/corpus.ts';

// lspci wrote both the bytes and what they mean, so every dump is its own oracle. What lspci calls a
// capability is matched here by its own words, not by the names of the project.

const dumps = corpusFolder('lspci');
const spaces = corpusFolder('config-spaces', '.config');

// The bytes hold a Device 3 capability that the words do not have; lspci 3.9.0 lists it from these bytes.
const WITHOUT_WORDS: Readonly<Record<string, readonly number[]>> = { 'cap-flitmode': [0x300] };

// The lspci of these two dumps printed the bytes of the serial number in the reverse order of later versions.
const REVERSED_SERIAL: readonly string[] = ['cap-address-xlation', 'cap-pcie-2'];

interface Listed {
  readonly address: string;
  readonly bytes: Uint8Array;
  /** What lspci says of it, one trimmed line each, without the hex. */
  readonly text: readonly string[];
}

function functionsOf(raw: string): Listed[] {
  const found: { address: string; bytes: number[]; text: string[] }[] = [];
  for (const line of raw.split('\n')) {
    const head = /^((?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) /.exec(line);
    if (head?.[1] !== undefined) found.push({ address: head[1], bytes: [], text: [] });
    const current = found.at(-1);
    const row = /^([0-9a-f]{2,3}):((?: [0-9a-f]{2}){1,16})\s*$/.exec(line);
    if (row?.[1] !== undefined && row[2] !== undefined) {
      expect(Number.parseInt(row[1], 16)).toBe(current?.bytes.length);
      current?.bytes.push(
        ...row[2]
          .trim()
          .split(' ')
          .map((byte) => Number.parseInt(byte, 16)),
      );
    } else if (line.trim() !== '') {
      current?.text.push(line.trim());
    }
  }
  return found.map((each) => ({ ...each, bytes: Uint8Array.from(each.bytes) }));
}

const ORDINARY: readonly (readonly [RegExp, number])[] = [
  [/^Power Management/, 0x01],
  [/^AGP version/, 0x02],
  [/^Vital Product Data/, 0x03],
  [/^Slot ID:/, 0x04],
  [/^(Message Signalled Interrupts|MSI):/, 0x05],
  [/^CompactPCI hot-swap/, 0x06],
  [/^PCI-X /, 0x07],
  [/^HyperTransport/, 0x08],
  [/^(Vendor Specific Information|VirtIO:)/, 0x09],
  [/^Debug port/, 0x0a],
  [/^Hot-plug capable/, 0x0c],
  [/^Subsystem:/, 0x0d],
  [/^Express /, 0x10],
  [/^MSI-X:/, 0x11],
  [/^SATA HBA/, 0x12],
  [/^PCI Advanced Features/, 0x13],
];

const EXTENDED: readonly (readonly [RegExp, number])[] = [
  [/^Advanced Error Reporting/, 0x01],
  [/^Virtual Channel/, 0x02],
  [/^Device Serial Number/, 0x03],
  [/^Power Budgeting/, 0x04],
  [/^Root Complex Link/, 0x05],
  [/^Root Complex Event Collector/, 0x07],
  [/^Multi-Function Virtual Channel/, 0x08],
  [/^Vendor Specific Information/, 0x0b],
  [/^Access Control Services/, 0x0d],
  [/^Alternative Routing-ID/, 0x0e],
  [/^Address Translation Service/, 0x0f],
  [/^Single Root I\/O Virtualization/, 0x10],
  [/^Multicast/, 0x12],
  [/^Page Request Interface/, 0x13],
  [/^(Physical )?Resizable BAR/, 0x15],
  [/^Transaction Processing Hints/, 0x17],
  [/^Latency Tolerance Reporting/, 0x18],
  [/^Secondary PCI Express/, 0x19],
  [/^Process Address Space ID/, 0x1b],
  [/^L1 PM Substates/, 0x1e],
  [/^Precision Time Measurement/, 0x1f],
  [/^Designated Vendor-Specific/, 0x23],
  [/^Data Link Feature/, 0x25],
  [/^Physical Layer 16/, 0x26],
  [/^Lane Margining/, 0x27],
  [/^Physical Layer 32/, 0x2a],
  [/^Data Object Exchange/, 0x2e],
  [/^Integrity & Data Encryption/, 0x30],
];

const PORT_TYPES: Readonly<Record<string, string>> = {
  Endpoint: 'endpoint',
  'Legacy Endpoint': 'legacy-endpoint',
  'Root Port': 'root-port',
  'Upstream Port': 'upstream-port',
  'Downstream Port': 'downstream-port',
  'PCI-Express to PCI/PCI-X Bridge': 'pcie-to-pci-bridge',
  'PCI/PCI-X to PCI-Express Bridge': 'pci-to-pcie-bridge',
  'Root Complex Integrated Endpoint': 'root-complex-endpoint',
  'Root Complex Event Collector': 'root-complex-event-collector',
};

const ACS_WORDS = {
  SrcValid: 'sourceValidation',
  TransBlk: 'translationBlocking',
  ReqRedir: 'p2pRequestRedirect',
  CmpltRedir: 'p2pCompletionRedirect',
  UpstreamFwd: 'upstreamForwarding',
  EgressCtrl: 'p2pEgressControl',
  DirectTrans: 'directTranslatedP2p',
} as const;

function idOf(words: string, table: readonly (readonly [RegExp, number])[]): number {
  const numbered = /^(?:#|Extended Capability ID 0x)([0-9a-f]+)/.exec(words);
  if (numbered?.[1] !== undefined) return Number.parseInt(numbered[1], 16);
  const entry = table.find(([pattern]) => pattern.test(words));
  expect(entry, `lspci's words "${words}" are in the table of this test`).toBeDefined();
  return entry?.[1] ?? -1;
}

const seen: Record<string, number> = {};
function compare(what: string, ours: unknown, theirs: unknown): void {
  seen[what] = (seen[what] ?? 0) + 1;
  expect(ours, what).toEqual(theirs);
}

/** `Flag+` and `Flag-` of a line of lspci. */
function flag(line: string | undefined, word: string): boolean | undefined {
  const match = line === undefined ? null : new RegExp(`\\b${word}([+-])`).exec(line);
  return match === null ? undefined : match[1] === '+';
}

const orEmpty = <T>(fact: Known<readonly T[]>): readonly T[] => (isUnknown(fact) ? [] : (fact ?? []));

function compareFunction(dump: string, { text }: Listed, ours: ConfigSpace): void {
  const listed = text.flatMap((line) => {
    const match = /^Capabilities: \[([0-9a-f]+)(?: v(\d+))?\] (.*)$/.exec(line);
    if (match === null) return [];
    const offset = Number.parseInt(match[1] ?? '', 16);
    const version = match[2] === undefined ? null : Number(match[2]);
    return [{ offset, version, words: match[3] ?? '' }];
  });
  for (const { offset, words, version } of listed) {
    const all = [...orEmpty(ours.capabilities), ...orEmpty(ours.extendedCapabilities)];
    const one = all.find((capability) => capability.offset === offset);
    // Older lspci printed no version, and the same words for the two ids of Virtual Channel.
    if (version !== null) compare('version', one?.version, version);
    if (offset >= 0x100 && /^Virtual Channel/.test(words)) expect([0x02, 0x09]).toContain(one?.id);
    else compare('id', one?.id, idOf(words, offset < 0x100 ? ORDINARY : EXTENDED));
  }
  compare('denied', ours.capabilities === DENIED, text.includes('Capabilities: <access denied>'));
  const offsetsOf = (from: number, to: number) =>
    listed.map(({ offset }) => offset).filter((offset) => offset >= from && offset < to);
  const ourOffsets = (fact: ConfigSpace['capabilities']) => orEmpty(fact).map(({ offset }) => offset);
  compare('list', ourOffsets(ours.capabilities), offsetsOf(0, 0x100));
  if (ours.extendedCapabilities === UNREAD) compare('unread', offsetsOf(0x100, 0x1000), []);
  else
    compare('extended list', ourOffsets(ours.extendedCapabilities), [
      ...offsetsOf(0x100, 0x1000),
      ...(WITHOUT_WORDS[dump] ?? []),
    ]);

  const words = (pattern: RegExp) =>
    listed.map((each) => pattern.exec(each.words)).find((match) => match !== null);
  const lineOf = (start: string) => text.find((line) => line.startsWith(start));
  const all = text.join('\n');

  const express = words(/^Express \(v(\d)\) (.*?)(?: \(Slot([+-])\))?, (?:MSI|IntMsgNum) /);
  const pcie = knownValue(ours.pcie);
  compare('express or not', pcie !== undefined, express !== undefined);
  if (express !== undefined) {
    compare('express version', pcie?.version, Number(express[1]));
    compare('port type', pcie?.portType, PORT_TYPES[express[2] ?? '']);
    if (express[3] !== undefined) compare('slot', pcie?.slotImplemented, express[3] === '+');
    const number = /Slot # *(\d+),/.exec(all);
    compare('slot number', pcie?.physicalSlot, number === null ? null : Number(number[1]));
    const reset = flag(all, 'FLReset');
    if (reset !== undefined && all.indexOf('FLReset') < all.indexOf('DevCtl:')) {
      compare('FLR', pcie?.functionLevelReset, reset);
    }
    const link = /^LnkCap:\s+Port #\d+, Speed (\S+?)(?:GT\/s)?, Width x(\d+),/m.exec(all);
    const speed = link?.[1] === 'unknown' ? undefined : Number(link?.[1]);
    if (link === null) compare('no link', [pcie?.maxLinkSpeedGts, pcie?.maxLinkWidth], [null, null]);
    else
      compare(
        'link',
        [knownValue(pcie?.maxLinkSpeedGts ?? null), knownValue(pcie?.maxLinkWidth ?? null) ?? 0],
        [speed, Number(link[2])],
      );
    const ari = [...all.matchAll(/ARIFwd([+-])/g)].map((match) => match[1] === '+');
    const forwarding = knownValue(pcie?.ariForwarding ?? null);
    if (ari.length === 2) compare('ARI forwarding', [forwarding?.supported, forwarding?.enabled], ari);
  }

  const acs = knownValue(ours.acs) as Record<string, Feature> | undefined;
  const acsLine = lineOf('ACSCap:');
  compare('ACS or not', acs !== undefined, acsLine !== undefined);
  if (acsLine !== undefined) {
    for (const [word, name] of Object.entries(ACS_WORDS)) {
      const theirs = { supported: flag(acsLine, word), enabled: flag(lineOf('ACSCtl:'), word) };
      compare('ACS flag', acs?.[name], theirs);
    }
  }

  const nextFunction = /ARICap:.*Next Function: (\d+)/.exec(all);
  compare(
    'ARI',
    knownValue(ours.ari)?.nextFunction,
    nextFunction === null ? undefined : Number(nextFunction[1]),
  );

  const vfs = /Initial VFs: (\d+), Total VFs: (\d+), Number of VFs: (\d+),/.exec(all);
  const place = /VF offset: (\d+), stride: (\d+), Device ID: ([0-9a-f]{4})/.exec(all);
  const control = lineOf('IOVCtl:');
  const sriov = knownValue(ours.sriov);
  compare('SR-IOV or not', sriov !== undefined, vfs !== null);
  if (vfs !== null && place !== null) {
    compare('SR-IOV', sriov, {
      initialVfs: Number(vfs[1]),
      totalVfs: Number(vfs[2]),
      numVfs: Number(vfs[3]),
      vfOffset: Number(place[1]),
      vfStride: Number(place[2]),
      vfDeviceId: place[3],
      vfEnable: flag(control, 'Enable'),
      vfMemoryEnable: flag(control, 'MSE'),
      ariHierarchy: flag(control, 'ARIHierarchy'),
      vfBars: sriov?.vfBars,
    });
  }

  const serial = words(/^Device Serial Number (\S+)/)?.[1];
  const ordered = REVERSED_SERIAL.includes(dump) ? serial?.split('-').reverse().join('-') : serial;
  compare(
    ordered === undefined ? 'no serial number' : 'serial number',
    knownValue(ours.deviceSerialNumber),
    ordered,
  );
  const advanced = flag(lineOf('AFCap:'), 'FLR');
  compare(advanced === undefined ? 'no AF' : 'AF', knownValue(ours.af)?.functionLevelReset, advanced);
  const power = words(/^Power Management version (\d)/)?.[1];
  compare('power management', knownValue(ours.pm)?.version, power === undefined ? undefined : Number(power));
  const state = /^Status: (D\d)/m.exec(all);
  if (state !== null) compare('power state', knownValue(ours.pm)?.powerState.slice(0, 2), state[1]);
}

/** Dumps of which lspci's own words are a part; the others hold bytes alone. */
const isDecoded = ({ text }: Listed) => text.some((line) => line.startsWith('Control:'));

describe.skipIf(dumps.names.length === 0)(`the dumps of lspci${dumps.note}`, () => {
  let functions = 0;
  let decoded = 0;

  it.each(dumps.names)('%s', (name) => {
    const listed = functionsOf(readFileSync(join(dumps.path, name), 'latin1'));
    expect(listed.length).toBeGreaterThan(0);
    for (const each of listed) {
      functions += 1;
      const ours = parseConfigSpace(each.bytes);
      expect({ address: each.address, problems: ours.problems }).toEqual({
        address: each.address,
        problems: [],
      });
      if (isDecoded(each)) {
        decoded += 1;
        compareFunction(name, each, ours);
      }
    }
  });

  it('hold enough to compare', () => {
    expect(functions).toBeGreaterThanOrEqual(decoded);
    for (const what of [
      'id',
      'port type',
      'link',
      'FLR',
      'ACS flag',
      'ARI',
      'SR-IOV',
      'serial number',
      'AF',
    ]) {
      expect(seen[what] ?? 0, what).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(spaces.names.length === 0)(`the raw spaces${spaces.note}`, () => {
  it('are more than none', () => {
    expect(spaces.names.length).toBeGreaterThan(0);
  });

  it.each(spaces.names)('%s', (name) => {
    const ours = parseConfigSpace(readFileSync(join(spaces.path, name)));
    expect(ours.problems).toEqual([]);
    expect(orEmpty(ours.capabilities).length).toBeGreaterThan(0);
  });
});
