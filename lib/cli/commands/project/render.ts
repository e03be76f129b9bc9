import { EXIT } from '../../../base/errors.ts';
import type { MachineRenderDocument } from '../../../documents/machines/machine-render.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type RenderedMachine, renderMachine } from '../../../operations/project/machine/render-machine.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLine } from '../../reading-options.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

const NOT_TRIED =
  'the hypervisor is not known: portal up tries KVM first, and uses emulation if it runs nothing';

interface RenderValues extends ProjectValues {
  readonly name: string;
}

/** `portal render`: the libvirt documents of a definition. */
export async function runPortalRender(
  { name, project, json }: RenderValues,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const rendered = await renderMachine(new HostSession(ports, { project }), name);
  return {
    exitCode: EXIT.ok,
    stdout: json ? formatDocument(documentOf(rendered)) : rendered.domain,
    stderr: rendered.hypervisorMayDiffer ? noteLine('portal', NOT_TRIED) : '',
  };
}

function documentOf({
  hypervisor,
  hypervisorMayDiffer,
  ...rendered
}: RenderedMachine): MachineRenderDocument {
  return {
    schema: 'portal-gun/machine-render/v1',
    ...rendered,
    hypervisor: { name: hypervisor, mayDiffer: hypervisorMayDiffer },
  };
}
