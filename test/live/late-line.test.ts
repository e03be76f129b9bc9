import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LateLine } from '../../lib/host/live/late-line.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const path = join(temporaryFolder(), 'terminal');
let descriptor: number;
beforeEach(() => {
  writeFileSync(path, '');
  descriptor = openSync(path, 'a');
});
afterEach(() => closeSync(descriptor));

const printed = (): string => readFileSync(path, 'utf8');

/** Milliseconds since the start of this process. */
const now = (): number => Date.now() - performance.timeOrigin;

/** Keeps this thread busy, as reads of a host do, until something is printed. */
function busyUntilPrinted(mostMs: number): void {
  const end = Date.now() + mostMs;
  while (printed() === '' && Date.now() < end);
}

it('is printed in time while this thread is busy, once', async () => {
  const late = await LateLine.start('Reading …', { afterMs: now() + 50, descriptor });
  busyUntilPrinted(20_000);
  expect(printed()).toBe('Reading …');
  expect([late.callOff(), late.callOff()]).toEqual([true, true]);
  expect(printed()).toBe('Reading …');
});

it('is printed immediately if its time is over', async () => {
  await LateLine.start('Reading …', { afterMs: 0, descriptor });
  busyUntilPrinted(20_000);
  expect(printed()).toBe('Reading …');
});

it('is not printed if it is called off before', async () => {
  const late = await LateLine.start('Reading …', { afterMs: now() + 2000, descriptor });
  expect(late.callOff()).toBe(false);
  await sleep(2500);
  expect([printed(), late.callOff()]).toEqual(['', false]);
});

it('is printed or called off, and never both', async () => {
  for (let round = 0; round < 30; round += 1) {
    writeFileSync(path, '');
    const late = await LateLine.start('x', { afterMs: now() + round * 3, descriptor });
    await sleep(20 + round);
    const wasPrinted = late.callOff();
    const text = printed();
    await sleep(5);
    expect([text, printed()]).toEqual(wasPrinted ? ['x', 'x'] : ['', '']);
  }
});
