import { isUnknown } from '../../../../base/known.ts';
import { MACHINE_NODES, type MachineModule, type MachineNode } from '../../../../facts/host-facts.ts';
import { loadingOf } from '../../loading.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** What differs between rules that ask for a device node which a module makes. */
interface NodeRule extends Pick<HostRule, 'id' | 'title' | 'grade' | 'meaning'> {
  readonly node: MachineNode;
  readonly module: MachineModule;
  /** What is so without the node, as a clause. */
  readonly without: string;
}

/** A module's device node is there for machines. */
export function nodeRule({ node, module, without, ...rule }: NodeRule): HostRule {
  const path = MACHINE_NODES[node];
  return {
    ...rule,
    purposes: ['machines'],
    virtHostValidate: `device '${path}' exists`,
    evaluate: ({ facts }) => {
      const present = facts.nodes[node];
      if (isUnknown(present)) return unknownVerdict(`${path}`, present);
      if (present?.isDevice) return holds(`there is ${path}`);
      return violated(
        `${present === null ? `there is no ${path}` : `${path} is not a device`}: ${without}`,
        loadingOf(module, facts),
      );
    },
  };
}
