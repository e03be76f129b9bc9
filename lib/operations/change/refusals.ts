import { PortalGunError } from '../../base/errors.ts';
import type { Finding } from '../../checks/finding.ts';

/** @throws PortalGunError DEVICE_IN_USE if a finding still stops the change */
export function refuseUse(refusals: readonly Finding[]): void {
  const [first] = refusals;
  if (first === undefined) return;
  const names = [...new Set(refusals.map(({ name }) => name))];
  const forbidden = refusals.find(({ severity }) => severity === 'forbids');
  const known = refusals.find(({ severity }) => severity !== 'unknown');
  const { subject, message, remedy } = forbidden ?? known ?? first;
  throw new PortalGunError('DEVICE_IN_USE', message, {
    subject,
    hint: forbidden === undefined ? `${remedy}; all reasons: ${names.join(', ')}` : remedy,
  });
}
