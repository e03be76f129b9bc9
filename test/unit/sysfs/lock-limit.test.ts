import { expect, it } from 'vitest';
import { BROKEN, UNREAD } from '../../../lib/base/known.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { readLockLimit } from '../../../lib/sysfs/lock-limit.ts';

const line = (hard: string) => [
  `Max locked memory         65536                ${hard}              bytes     `,
];

it.each([
  [line('8388608'), 8_388_608],
  [line('unlimited'), null],
  [line('-1'), BROKEN],
  [['Max locked memory'], BROKEN],
  [[], BROKEN],
  [{ unknown: 'unread', detail: '' }, UNREAD],
])('how much may be locked, of %j', (lines, expected) => {
  expect(readLockLimit({ readLines: () => lines } as unknown as HostReader)).toEqual(expected);
});
