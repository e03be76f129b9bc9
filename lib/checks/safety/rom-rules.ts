import type { NodeView } from './node-use.ts';
import { driverBound } from './rules/group/driver-bound.ts';
import { machineHasIt } from './rules/use/machine-has-it.ts';
import type { RomSafetyDevice } from './safety-fields.ts';
import type { SafetyRule } from './safety-rule.ts';

/** A rule about reading a ROM. */
export type RomRule = SafetyRule<RomSafetyDevice, NodeView>;

/** The rules about reading the ROM of a function. The reference is generated from this table. */
export const ROM_RULES: readonly RomRule[] = [machineHasIt, driverBound];
