import { knownValue } from '../../base/known.ts';
import type { DisplayClaim } from '../../facts/host-use.ts';
import type { SafetyDevice } from './safety-fields.ts';

export function isDisplay({ class: deviceClass }: SafetyDevice): boolean {
  return knownValue(deviceClass)?.code.startsWith('03') ?? false;
}

/** The memory of a device that boot displays hold. */
export function claimsOn({ bars }: SafetyDevice, claims: readonly DisplayClaim[]): readonly DisplayClaim[] {
  return claims.filter(({ start, end }) =>
    (knownValue(bars) ?? []).some(({ kind, address, sizeBytes }) => {
      if (kind !== 'memory' || address === null) return false;
      const first = BigInt(address);
      return BigInt(end) >= first && BigInt(start) < first + BigInt(sizeBytes);
    }),
  );
}
