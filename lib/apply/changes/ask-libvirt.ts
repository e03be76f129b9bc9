import { PortalGunError } from '../../base/errors.ts';
import type { Virsh } from '../../libvirt/virsh.ts';

/** What libvirt answers, or why it does not do what was asked, or can't be asked. */
export type Answer = { readonly output: string } | { readonly failed: string };

/** Asks for one thing. What stands in the way of every command is an answer too: a step that fails is undone. */
export async function askLibvirt(
  virsh: Virsh,
  command: readonly string[],
  options: { readonly input?: string } = {},
): Promise<Answer> {
  try {
    const { output, error } = await virsh.run(command, options);
    return error === null ? { output } : { failed: error };
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return { failed: thrown.message };
  }
}
