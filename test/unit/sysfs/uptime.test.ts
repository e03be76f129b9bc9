import { expect, it } from 'vitest';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { readUptimeMs } from '../../../lib/sysfs/uptime.ts';

it.each([
  ['12345.67 9876.54\n', 12_345_670],
  ['0.03 0.00\n', 30],
  ['', null],
  ['soon 1\n', null],
  [null, null],
])('how long a machine is up, of %j', (text, expected) => {
  expect(readUptimeMs({ readText: () => text } as unknown as HostReader)).toBe(expected);
});
