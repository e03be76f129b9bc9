import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';
import type { SafetyRule } from '../../checks/safety/safety-rule.ts';
import { SAFETY_RULES } from '../../checks/safety/safety-rules.ts';
import { PROGRAM_WRITABLE } from './program-refusal.ts';

/**
 * The names of accepted safety rules, from words that may contain several, separated by commas.
 *
 * @throws PortalGunError BAD_ARGUMENT for an unknown name, or a rule that cannot be accepted
 */
export function allowedOf(
  allow: readonly string[],
  rules: readonly Pick<SafetyRule, 'name' | 'severity'>[] = SAFETY_RULES,
): ReadonlySet<string> {
  const names = allow.flatMap((each) => each.split(','));
  for (const name of names) {
    const rule = rules.find((each) => each.name === name);
    if (rule !== undefined || (rules === SAFETY_RULES && name === PROGRAM_WRITABLE)) continue;
    const known = rules.filter(({ severity }) => severity === 'refuses').map((each) => each.name);
    const meant = suggest(name, known);
    throw new PortalGunError('BAD_ARGUMENT', `no such reason: "${name}"`, {
      subject: '--allow',
      hint: meant === undefined ? `the reasons are ${known.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  return new Set(names);
}
