import { describe, expect, it } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { decideRom, type RomOccasion, type RomWish } from '../../../lib/libvirt/hostdev/rom-policy.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { functionHere } from '../../support/host-use.ts';
import { readHost } from '../../support/reading.ts';

const ROM = { at: 0xfe000000, sizeBytes: 0x20000 };
const DISPLAY = { classCode: '030000', rom: ROM };

function deviceOf(facts: Partial<FunctionSpec>): PciDevice {
  const snapshot = buildHost({ label: 'described', functions: [functionHere(facts)] });
  const [device] = readHost(new SnapshotHost(snapshot), ['class', 'rom', 'sriov']).devices;
  if (device === undefined) throw new Error('no device');
  return device;
}

/** What is decided, and the code of why. */
function decided(facts: Partial<FunctionSpec>, occasion: Partial<RomOccasion> = {}, wish: RomWish = 'auto') {
  const { rom, notes } = decideRom(deviceOf(facts), wish, { category: null, bootOrder: null, ...occasion });
  const bar = rom === null ? 'nothing said' : rom.hasBar === false ? 'off' : (rom.file ?? 'on');
  return [bar, ...notes.map(({ code }) => code)];
}

describe('the ROM that a guest gets', () => {
  it('of a network card: none in a router, nor where nobody says which machine; else the one that it has', () => {
    expect(decided({ rom: ROM }, { category: 'router' })).toEqual(['off', 'rom-off']);
    expect(decided({ rom: ROM })).toEqual(['off', 'rom-off']);
    expect(decided({ rom: ROM }, { category: 'application' })).toEqual(['nothing said', 'rom-on']);
    expect(decided({ rom: ROM }, { category: 'router', bootOrder: 1 })).toEqual(['nothing said', 'rom-on']);
    expect(decided({}, { category: 'router' })).toEqual(['nothing said']);
  });

  it('says why, and what does otherwise', () => {
    const { notes } = decideRom(deviceOf({ rom: ROM }), 'auto', { category: 'router', bootOrder: null });
    expect(notes[0]?.message).toBe(
      "its ROM is hidden from the guest (rom bar='off'): a router boots from its disk, and would wait for the network at each start (PXE); --rom on shows it",
    );
  });

  it('of any other device: the one that it has, in a router too', () => {
    expect(decided(DISPLAY)).toEqual(['nothing said', 'rom-on']);
    expect(decided(DISPLAY, { category: 'router' })).toEqual(['nothing said', 'rom-on']);
    expect(decided({ classCode: '010802' })).toEqual(['nothing said']);
  });

  it('of the boot display: a file is needed, and it is said how to have one', () => {
    const shadow = { classCode: '030000', rom: { at: 0xc0000, sizeBytes: 0x20000, isShadow: true } };
    expect(decided(shadow)).toEqual(['nothing said', 'rom-file']);
    const { notes } = decideRom(deviceOf(shadow), 'auto', { category: null, bootOrder: null });
    expect(notes[0]).toMatchObject({
      level: 'needs',
      message: expect.stringContaining('sudo pci rom dump 0000:00:03.0 -o card.rom'),
    });
    expect(decided(shadow, {}, { file: '/srv/card.rom' })).toEqual(['/srv/card.rom']);
  });

  it('is what is said, where something is', () => {
    expect(decided({ rom: ROM }, { category: 'router' }, 'on')).toEqual(['on']);
    expect(decided(DISPLAY, {}, 'off')).toEqual(['off']);
  });

  it('of a network card of which it is not known: none', () => {
    const device = { ...deviceOf({}), rom: UNREAD };
    expect(decideRom(device, 'auto', { category: null, bootOrder: null }).rom).toMatchObject({
      hasBar: false,
    });
    const display = { ...deviceOf({ classCode: '030000' }), rom: UNREAD };
    expect(decideRom(display, 'auto', { category: null, bootOrder: null })).toEqual({ rom: null, notes: [] });
  });
});
