import { driverBound } from './rules/group/driver-bound.ts';
import { machineHasIt } from './rules/use/machine-has-it.ts';
import type { SafetyRule } from './safety-rule.ts';

/** What speaks against reading the ROM of a function. The reference is generated from this table. */
export const ROM_RULES: readonly SafetyRule[] = [machineHasIt, driverBound];
