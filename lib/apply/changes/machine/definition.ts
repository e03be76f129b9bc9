import { Problem } from '../../../base/problem.ts';
import { isGone } from '../../../libvirt/machine/read-machines.ts';
import { isSameDefinition } from '../../../machines/domain/same-definition.ts';
import type { DefinitionChange } from '../../../plan/changes/machine/definition.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askLibvirt, runAndLook } from './ask-libvirt.ts';

type Now = { readonly text: string | null } | Problem;

/**
 * Defines a machine by `virsh define --validate`, or removes its definition by `virsh undefine`. What libvirt has then is compared with
 * what it was given by a normal form, since libvirt adds addresses and defaults.
 */
export const definitionMaker: AskedChangeMaker<DefinitionChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

function lookOf(host: ChangeableHost, change: DefinitionChange, now: Now): Observation<DefinitionChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt: (goal) => !(now instanceof Problem) && isSame(now.text, goal),
    async reach(goal) {
      if (now instanceof Problem) return now;
      if (isSame(now.text, goal)) return lookOf(host, change, now);
      const then = goal === null ? await undefine(host, change) : await define(host, change, goal);
      return then instanceof Problem ? then : lookOf(host, change, then);
    },
  };
}

function isSame(text: string | null, goal: string | null): boolean {
  if (text === null || goal === null) return text === goal;
  return isSameDefinition(text, goal);
}

function readNow(host: ChangeableHost, { uri, machine }: DefinitionChange): Promise<Now> {
  return askLibvirt<Exclude<Now, Problem>>(host, uri, async (virsh) => {
    const { found } = await runAndLook(virsh, null, dumpOf(machine));
    return nowIn(found);
  });
}

function define(host: ChangeableHost, { uri, machine }: DefinitionChange, goal: string): Promise<Now> {
  return askLibvirt<Exclude<Now, Problem>>(host, uri, async (virsh) => {
    const { error, found } = await runAndLook(
      virsh,
      ['define', virsh.inputFile, '--validate'],
      dumpOf(machine),
      goal,
    );
    return error === null
      ? nowIn(found)
      : new Problem('DEFINITION_REFUSED', `libvirt refused its definition: ${error}`);
  });
}

function undefine(host: ChangeableHost, { uri, machine }: DefinitionChange): Promise<Now> {
  return askLibvirt<Exclude<Now, Problem>>(host, uri, async (virsh) => {
    // The variables of its firmware are files of its own, which stay.
    const { error, found } = await runAndLook(virsh, ['undefine', machine, '--keep-nvram'], dumpOf(machine));
    return error === null || isGone(error)
      ? nowIn(found)
      : new Problem('DEFINITION_REFUSED', `libvirt refused to remove its definition: ${error}`);
  });
}

function dumpOf(machine: string): readonly string[] {
  return ['dumpxml', '--inactive', machine];
}

function nowIn({ output, error }: { readonly output: string; readonly error: string | null }): Now {
  if (error === null) return { text: output };
  return isGone(error)
    ? { text: null }
    : new Problem('DOCUMENT_UNREADABLE', `cannot read its definition: ${error}`);
}
