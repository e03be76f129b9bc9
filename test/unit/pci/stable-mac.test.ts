import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableMac } from '../../../lib/pci/sriov/stable-mac.ts';

describe('the stable MAC of a VF', () => {
  // A contract: what is written here is what VFs have had, and must have after every later version.
  it.each([
    ['52:54:00:00:00:02', 0, '52:52:a7:ce:00:07'],
    ['52:54:00:00:00:02', 1, '66:a4:a7:e1:39:e8'],
    ['52:54:00:00:00:02', 127, '96:8d:bf:6d:b8:0e'],
    ['A0369FFFFF123456', 0, 'a2:5d:5d:66:1b:ef'],
  ])('of %s, VF %i, is %s', (card, index, mac) => {
    expect(stableMac(card, index)).toBe(mac);
  });

  it('is of one station, and administered locally', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(65535), (card, index) => {
        const mac = stableMac(card, index);
        expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
      }),
    );
  });

  it('is another for each VF of many cards', () => {
    const cards = Array.from({ length: 40 }, (_, at) => `52:54:00:00:01:${at.toString(16).padStart(2, '0')}`);
    const macs = cards.flatMap((card) => Array.from({ length: 256 }, (_, index) => stableMac(card, index)));
    expect(new Set(macs).size).toBe(macs.length);
  });
});
