import { Problem } from '../../../base/problem.ts';
import type { KeptVirsh } from '../../../libvirt/kept-virsh.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import { isSameDefinition } from '../../../machines/domain/same-definition.ts';
import type { NetworkChange, NetworkState } from '../../../plan/changes/machine/network.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askLibvirt, runOne } from './ask-libvirt.ts';

type Now = { readonly network: NetworkState | null } | Problem;

/** Creates and starts a network of libvirt, or stops and removes it: https://libvirt.org/manpages/virsh.html#network-commands */
export const networkMaker: AskedChangeMaker<NetworkChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

function lookOf(host: ChangeableHost, change: NetworkChange, now: Now): Observation<NetworkChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt: (goal) => !(now instanceof Problem) && isSame(now.network, goal),
    async reach(goal) {
      if (now instanceof Problem) return now;
      const problem = await askLibvirt<null>(host, change.uri, (virsh) =>
        reachBy(virsh, change, now.network, goal),
      );
      return problem ?? lookOf(host, change, await readNow(host, change));
    },
  };
}

function isSame(network: NetworkState | null, goal: NetworkState | null): boolean {
  if (network === null || goal === null) return network === goal;
  return (
    network.active === goal.active &&
    network.autostart === goal.autostart &&
    isSameDefinition(network.xml, goal.xml)
  );
}

function readNow(host: ChangeableHost, { uri, name }: NetworkChange): Promise<Now> {
  return askLibvirt<Exclude<Now, Problem>>(host, uri, (virsh) => readNetwork(virsh, name));
}

/** A network, as libvirt has it. */
export async function readNetwork(
  virsh: { runAll(commands: readonly (readonly string[])[]): Promise<readonly VirshAnswer[]> },
  name: string,
): Promise<{ readonly network: NetworkState | null } | Problem> {
  const [all, active, autostart, dump] = await virsh.runAll([
    ['net-list', '--all', '--name'],
    ['net-list', '--name'],
    ['net-list', '--all', '--autostart', '--name'],
    ['net-dumpxml', '--inactive', name],
  ]);
  if (all === undefined || all.error !== null) {
    return new Problem('DOCUMENT_UNREADABLE', `cannot list the networks: ${all?.error ?? ''}`);
  }
  const isIn = (output = ''): boolean => output.split('\n').some((line) => line.trim() === name);
  if (!isIn(all.output)) return { network: null };
  if (dump === undefined || dump.error !== null) {
    return new Problem('DOCUMENT_UNREADABLE', `cannot read network ${name}: ${dump?.error ?? ''}`);
  }
  return { network: { xml: dump.output, active: isIn(active?.output), autostart: isIn(autostart?.output) } };
}

async function reachBy(
  virsh: KeptVirsh,
  { name }: NetworkChange,
  now: NetworkState | null,
  goal: NetworkState | null,
): Promise<Problem | null> {
  const run = async (command: readonly string[], input?: string): Promise<Problem | null> => {
    const { error } = await runOne(virsh, command, input);
    return error === null
      ? null
      : new Problem('NETWORK_REFUSED', `libvirt refused network ${name}: ${error}`);
  };
  if (goal === null) {
    return (
      (now?.active === true ? await run(['net-destroy', name]) : null) ??
      (now === null ? null : await run(['net-undefine', name]))
    );
  }
  if (now === null || !isSameDefinition(now.xml, goal.xml)) {
    const problem = await run(['net-define', virsh.inputFile], goal.xml);
    if (problem !== null) return problem;
  }
  if ((now?.autostart ?? false) !== goal.autostart) {
    const problem = await run(['net-autostart', name, ...(goal.autostart ? [] : ['--disable'])]);
    if (problem !== null) return problem;
  }
  if ((now?.active ?? false) === goal.active) return null;
  return run([goal.active ? 'net-start' : 'net-destroy', name]);
}
