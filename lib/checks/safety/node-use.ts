import { isUnknown } from '../../base/known.ts';
import type { DeviceHolder, LiveUse } from '../../facts/host-use.ts';
import type { NodeDevice, NodeHolder, NodeRule, OpenNodesView } from './open-nodes.ts';
import { listSome, type Observation, unknownFinding } from './safety-rule.ts';

/** The open files of the processes of a host. */
export interface NodeView {
  readonly nodes: OpenNodesView;
  readonly host: { readonly live: Pick<LiveUse, 'unseen'> };
}

/** `qemu-system-x86 (pid 812)`, or the VM that it runs. */
export function holderName({ command, machine, pid }: DeviceHolder): string {
  return machine === null ? `${command ?? 'a process'} (pid ${pid})` : `VM ${machine} (pid ${pid})`;
}

/** The open nodes, one line for each process. */
export function holderEvidence({ holder, nodes }: NodeHolder): string {
  return `${holderName(holder)} has ${nodes.map(({ path }) => path).join(', ')} open`;
}

/** The names of processes, without duplicates, for a message. */
export function holderNames(holders: readonly NodeHolder[]): string {
  return listSome([...new Set(holders.map(({ holder }) => holderName(holder)))]);
}

/** The observations for nodes that may belong to a function, and for processes that could not be read. */
export function notCleared(
  unsure: readonly NodeHolder[],
  { unseen }: Pick<LiveUse, 'unseen'>,
  what: string,
  mayHave: boolean,
): readonly Observation[] {
  if (unsure.length > 0) {
    const nodes = [...new Set(unsure.flatMap((each) => each.nodes.map(({ path }) => path)))];
    return [
      {
        message: `cannot be checked: ${holderNames(unsure)} has ${listSome(nodes)} open, which may belong to this device`,
        evidence: unsure.map(holderEvidence),
        remedy: `find the device of these nodes, or stop ${holderNames(unsure)}`,
        isUnknown: true,
      },
    ];
  }
  return mayHave && isUnknown(unseen) ? [unknownFinding(what, unseen)] : [];
}

/** The observations for the open nodes of a function. */
export function observeNodes(
  device: NodeDevice,
  view: NodeView,
  rule: NodeRule,
  texts: {
    /** The message for the processes: `is in use for graphics by NAMES`. */
    readonly inUse: (names: string, nodes: string) => string;
    /** The unknown fact, as a clause. */
    readonly what: string;
    readonly remedy?: (holders: readonly NodeHolder[]) => string;
    /** Whether the function has such nodes, or may have. */
    readonly mayHave: boolean;
  },
): readonly Observation[] {
  const { holders, unsure } = view.nodes.useOf(device, rule);
  if (holders.length === 0) return notCleared(unsure, view.host.live, texts.what, texts.mayHave);
  const nodes = [...new Set(holders.flatMap((each) => each.nodes.map(({ path }) => path)))];
  return [
    {
      message: texts.inUse(holderNames(holders), listSome(nodes)),
      evidence: holders.map(holderEvidence),
      ...(texts.remedy === undefined ? {} : { remedy: texts.remedy(holders) }),
    },
  ];
}
