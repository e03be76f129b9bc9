import { expect, test } from 'vitest';
import type { Finding } from '../../../lib/checks/finding.ts';
import { refuseUse } from '../../../lib/operations/change/refusals.ts';

test('what is known to be in the way is said before what is not known, and what can never be first of all', () => {
  const finding = (name: string, severity: Finding['severity']) =>
    ({ name, severity, subject: '0000:03:00.0', message: name, remedy: 'see to it' }) as Finding;
  const open = finding('block-open', 'unknown');
  const address = finding('net-address', 'refuses');
  const disk = finding('system-disk', 'forbids');
  const all = 'see to it; all reasons: ';
  const refused = (...refusals: readonly Finding[]) => {
    try {
      refuseUse(refusals);
    } catch (error) {
      return error;
    }
    return null;
  };
  expect(refused(open)).toMatchObject({ message: 'block-open', hint: `${all}block-open` });
  expect(refused(open, address)).toMatchObject({
    message: 'net-address',
    hint: `${all}block-open, net-address`,
  });
  expect(refused(open, address, disk)).toMatchObject({ message: 'system-disk', hint: 'see to it' });
  expect(refused()).toBe(null);
});
