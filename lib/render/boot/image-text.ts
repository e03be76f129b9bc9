import { escapeControls, formatSize } from '../../base/text.ts';
import type { ImageBuildDocument } from '../../documents/boot/image-build.ts';
import type { ImageListDocument } from '../../documents/boot/image-list.ts';
import { imagePath } from '../../machines/boot/store-paths.ts';
import type { ImageRecord } from '../../machines/boot/store-records.ts';
import type { StoreEntry } from '../../operations/boot/boot-store.ts';
import type { BuiltImage } from '../../operations/boot/build-image.ts';
import { imageFacts, type ListLayout, originText, renderStoreRows } from './boot-text.ts';

/** Images, a row each. */
export function renderImageList(entries: readonly StoreEntry<ImageRecord>[], layout: ListLayout): string {
  if (entries.length === 0) return 'No images. Build one: portal image build debian\n';
  return renderStoreRows(
    ['NAME', 'FORMAT', 'SIZE', 'CREATED', 'FROM'],
    entries.map(({ name, record, problem }) =>
      record === null || problem !== null
        ? [name, escapeControls(problem ?? ''), '', '', '']
        : [
            name,
            record.format,
            formatSize(record.virtualBytes),
            record.createdAt.slice(0, 10),
            originText(record),
          ],
    ),
    layout,
  );
}

/** The same as JSON. */
export function imageListDocument(entries: readonly StoreEntry<ImageRecord>[]): ImageListDocument {
  return {
    schema: 'portal-gun/image-list/v1',
    images: entries.map(({ name, record, problem }) => ({
      name,
      problem,
      image: record === null ? null : imageFacts(record),
    })),
  };
}

/** What was, or would be, built. */
export function renderBuiltImage({ name, suite, sizeBytes, packages, sources, record }: BuiltImage): string {
  if (record === null) {
    const lines = sources.map((line) => `  ${line}\n`).join('');
    return `Would build ${name} (${formatSize(sizeBytes)}): ${suite} with ${packages.join(', ')}, from\n${lines}`;
  }
  const { origin } = record;
  const amount = origin.kind === 'packages' ? origin.packages.length : 0;
  return [
    `Built ${name}: ${suite}, ${amount} packages, ${formatSize(sizeBytes)}\n`,
    `  ${imagePath(name)}\n`,
    `Use it in a definition: os: { root: image:${name} }, boot: { profile: debian }\n`,
  ].join('');
}

/** The same as JSON. */
export function imageBuildDocument(built: BuiltImage): ImageBuildDocument {
  const { record, ...facts } = built;
  return {
    schema: 'portal-gun/image-build/v1',
    ...facts,
    image: record === null ? null : imageFacts(record),
  };
}
