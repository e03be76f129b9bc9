import { Problem } from '../../../base/problem.ts';
import { type ImageChange, type ImageState, imageArguments } from '../../../plan/changes/machine/image.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';

const PROGRAM = 'qemu-img';
const TIMEOUT_MS = 10 * 60_000;

/** The image at a path, as far as `qemu-img info` reports it. */
type Found = Pick<ImageState, 'format' | 'backing'> & { readonly sizeBytes: number };
interface There {
  readonly image: Found | null;
  /** Whether a file that an interrupted run left is beside its place. */
  readonly hasDraft: boolean;
}
type Now = There | Problem;

/**
 * Creates a disk image by `qemu-img create`, beside its place first, so that an incomplete image is never used. A
 * removed image cannot be restored.
 */
export const imageMaker: AskedChangeMaker<ImageChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

function lookOf(host: ChangeableHost, change: ImageChange, now: Now): Observation<ImageChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt: (goal) => !(now instanceof Problem) && isSame(now, goal),
    async reach(goal) {
      if (now instanceof Problem) return now;
      if (isSame(now, goal)) return lookOf(host, change, now);
      const problem = goal === null ? await remove(host, change) : await create(host, change, now, goal);
      return problem ?? lookOf(host, change, await readNow(host, change));
    },
  };
}

/** The size of an overlay can be that of its base, which is not known here. */
function isSame({ image, hasDraft }: There, goal: ImageState | null): boolean {
  if (hasDraft) return false;
  if (image === null || goal === null) return image === goal;
  return (
    image.format === goal.format &&
    image.backing?.path === goal.backing?.path &&
    image.backing?.format === goal.backing?.format &&
    (goal.sizeBytes === null || goal.sizeBytes === image.sizeBytes)
  );
}

async function readNow(host: ChangeableHost, { path }: ImageChange): Promise<Now> {
  const hasDraft = await host.files.isFile(draftOf(path));
  if (!(await host.files.isFile(path))) return { image: null, hasDraft };
  // A running VM holds the lock of the image.
  const run = await host.runner.run(PROGRAM, ['info', '--output=json', '-U', path]);
  if (run.kind === 'missing') return MISSING;
  if (run.kind === 'failed' || run.exitCode !== 0) {
    return new Problem('IMAGE_UNREADABLE', `cannot read ${path}: ${failureOf(run)}`);
  }
  const found = parseInfo(run.stdout);
  return found === null
    ? new Problem('IMAGE_UNREADABLE', `cannot read ${path}: invalid output of ${PROGRAM}`)
    : { image: found, hasDraft };
}

const MISSING = new Problem('PROGRAM_MISSING', `${PROGRAM} is not installed`);

function parseInfo(text: string): Found | null {
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch {
    return null;
  }
  const {
    format,
    'virtual-size': size,
    'full-backing-filename': path,
    'backing-filename-format': backingFormat,
  } = info as Record<string, unknown>;
  if (!isFormat(format) || typeof size !== 'number') return null;
  if (path === undefined) return { format, sizeBytes: size, backing: null };
  return typeof path === 'string' && isFormat(backingFormat)
    ? { format, sizeBytes: size, backing: { path, format: backingFormat } }
    : null;
}

function isFormat(value: unknown): value is ImageState['format'] {
  return value === 'qcow2' || value === 'raw';
}

async function create(
  { files, runner }: ChangeableHost,
  { path, from }: ImageChange,
  { image }: There,
  goal: ImageState,
): Promise<Problem | null> {
  const draft = draftOf(path);
  const removed = await files.remove(draft);
  if (removed !== 'written') return fileProblem('remove', draft, removed.failed);
  if (image !== null && isSame({ image, hasDraft: false }, goal)) return null;
  // Only an undo leads back to an image that was there before.
  if (goal === from) return new Problem('DATA_GONE', `${path} was removed, and the data on it with it`);
  if (image !== null) return new Problem('IMAGE_TAKEN', `${path} is another image`);
  const run = await runner.run(PROGRAM, imageArguments(draft, goal), { timeoutMs: TIMEOUT_MS });
  if (run.kind === 'missing') return MISSING;
  if (run.kind === 'failed' || run.exitCode !== 0) {
    await files.remove(draft);
    return new Problem('IMAGE_FAILED', `cannot create ${path}: ${failureOf(run)}`);
  }
  const moved = await files.move(draft, path);
  return moved === 'written' ? null : fileProblem('create', path, moved.failed);
}

/** The path at which an image is made, before it is renamed. */
function draftOf(path: string): string {
  return `${path}.part`;
}

async function remove({ files }: ChangeableHost, { path }: ImageChange): Promise<Problem | null> {
  for (const each of [draftOf(path), path]) {
    const storing = await files.remove(each);
    if (storing !== 'written') return fileProblem('remove', each, storing.failed);
  }
  return null;
}

function fileProblem(verb: string, path: string, failed: string): Problem {
  return new Problem('FILE_FAILED', `cannot ${verb} ${path}: ${failed}`);
}

function failureOf(
  run:
    | { readonly kind: 'failed'; readonly detail: string }
    | { readonly kind: 'exited'; readonly stderr: string },
): string {
  if (run.kind === 'failed') return run.detail;
  return (
    run.stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^qemu-img: /, '') ?? ''
  );
}
