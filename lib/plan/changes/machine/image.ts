import { quote } from '../../../base/shell-command.ts';
import { formatSize } from '../../../base/text.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isNullOr, isParts, isWhole } from '../../change-parts.ts';
import { isStatePath } from '../../machine-paths.ts';

/** A disk image, as far as it is determined by how it was made. */
export interface ImageState {
  readonly format: 'qcow2' | 'raw';
  /** `null` for the size of what it is based on. */
  readonly sizeBytes: number | null;
  /** The image that it is based on, which is only read; `null` if it is based on none. */
  readonly backing: { readonly path: string; readonly format: 'qcow2' | 'raw' } | null;
}

/** A disk image of a machine is created, or removed with what is on it, which no undo restores. */
export interface ImageChange {
  readonly kind: 'image';
  readonly path: string;
  /** `null` where there is none. */
  readonly from: ImageState | null;
  readonly to: ImageState | null;
}

export const imageKind = {
  hasForm: ({ path, from, to }) =>
    isStatePath(path) && [from, to].every((state) => isNullOr(state, isImageState)) && from !== to,
  words({ path, to }) {
    if (to === null) return `remove ${path}, with the data on it`;
    const size = to.sizeBytes === null ? '' : `${formatSize(to.sizeBytes)} `;
    return `create ${path}: ${size}${to.format}${to.backing === null ? '' : ` over ${to.backing.path}`}`;
  },
  script: {
    parts: () => [],
    checks: () => [],
    lines({ path, to }) {
      if (to === null) return [`rm -f -- ${quote(path)}`];
      const part = `${path}.part`;
      const create = ['qemu-img', ...imageArguments(part, to)].map(quote).join(' ');
      return [`[ -e ${quote(path)} ] || { ${create} && mv -- ${quote(part)} ${quote(path)}; }`];
    },
  },
  madeBy: 'this-machine',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ path }) => [path],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<ImageChange>;

/** The arguments of `qemu-img` that create an image; a backing image always goes with its format. */
export function imageArguments(path: string, { format, sizeBytes, backing }: ImageState): readonly string[] {
  return [
    ...['create', '-q', '-f', format],
    ...(backing === null ? [] : ['-b', backing.path, '-F', backing.format]),
    path,
    ...(sizeBytes === null ? [] : [String(sizeBytes)]),
  ];
}

function isImageState(value: unknown): boolean {
  return (
    isParts(value) &&
    isFormat(value['format']) &&
    isNullOr(value['sizeBytes'], (size) => isWhole(size, Number.MAX_SAFE_INTEGER)) &&
    isNullOr(
      value['backing'],
      (backing) => isParts(backing) && isFormat(backing['format']) && isAbsolute(backing['path']),
    ) &&
    !(value['sizeBytes'] === null && value['backing'] === null)
  );
}

function isFormat(value: unknown): boolean {
  return value === 'qcow2' || value === 'raw';
}

/** A comma would begin an option of QEMU's block layer, and a colon a protocol. */
function isAbsolute(value: unknown): boolean {
  return typeof value === 'string' && /^\/[\x21-\x7e]{1,1000}$/.test(value) && !/[,:]/.test(value);
}
