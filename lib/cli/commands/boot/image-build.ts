import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { buildImage } from '../../../operations/boot/build-image.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { imageBuildDocument, renderBuiltImage } from '../../../render/boot/image-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { StoreValues } from '../../tables/boot/store-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardWork } from './guard-work.ts';

interface ImageBuildValues extends StoreValues {
  readonly system: string;
  readonly suite: string | undefined;
  readonly name: string | undefined;
  readonly include: readonly string[];
  readonly size: string | undefined;
}

/** `portal image build`: a root image from packages of the distribution. */
export async function runImageBuild(
  { system, suite, name, include: lists, size, dryRun, json }: ImageBuildValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = new HostSession(ports);
  const include = lists.flatMap((list) => list.split(',')).filter((each) => each !== '');
  return guardWork(
    dialogue,
    (work) => buildImage(session, { system, suite, name, include, size, dryRun, ...work }),
    (built) => ({
      exitCode: EXIT.ok,
      stdout: json ? formatDocument(imageBuildDocument(built)) : renderBuiltImage(built),
      stderr: '',
    }),
  );
}
