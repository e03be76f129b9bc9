import { isUnknown } from '../../../../base/known.ts';
import { MACHINE_NODES, type MachineModule, type MachineNode } from '../../../../facts/host-facts.ts';
import { loadingOf } from '../../loading.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** The differences between the rules about a device node of a module. */
interface NodeRule extends Pick<HostRule, 'id' | 'title' | 'grade' | 'meaning'> {
  readonly node: MachineNode;
  readonly module: MachineModule;
  /** The consequence of a missing node, as a clause. */
  readonly without: string;
}

/** The device node of a module exists for VMs. */
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
