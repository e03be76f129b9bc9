import { escapeControls, formatSize } from '../../base/text.ts';
import type { BootBuildDocument } from '../../documents/boot/boot-build.ts';
import type { BootImportDocument } from '../../documents/boot/boot-import.ts';
import type { BootListDocument } from '../../documents/boot/boot-list.ts';
import type { StoreRemovalDocument } from '../../documents/boot/store-removal.ts';
import { bootFilePath, imagePath } from '../../machines/boot/store-paths.ts';
import {
  type BootRecord,
  filesOf,
  type ImageRecord,
  type StoredFile,
} from '../../machines/boot/store-records.ts';
import type { StoreEntry } from '../../operations/boot/boot-store.ts';
import type { BuiltBoot } from '../../operations/boot/build-boot.ts';
import type { ImportedBoot } from '../../operations/boot/import-boot.ts';
import type { RemovedFromStore } from '../../operations/boot/remove-stored.ts';
import { type ColumnLayout, layoutColumns } from '../layout/columns.ts';
import type { Style } from '../layout/style.ts';

/** What of a terminal a list is made for. */
export interface ListLayout {
  readonly width: number | null;
  readonly style: Style;
}

const BOOT_HEADINGS = ['NAME', 'KERNEL', 'FORM', 'INITRAMFS', 'SIZE', 'CREATED', 'FROM'];

/** Boot assets, a row each. */
export function renderBootList(entries: readonly StoreEntry<BootRecord>[], layout: ListLayout): string {
  if (entries.length === 0) return 'No boot assets. Build some: portal boot build minivm\n';
  return renderStoreRows(
    BOOT_HEADINGS,
    entries.map(({ name, record, problem }) => {
      if (record === null || problem !== null)
        return [name, escapeControls(problem ?? ''), '', '', '', '', ''];
      const bytes = filesOf(record).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return [
        name,
        record.kernelVersion ?? ((record.kernel ?? record.elf === null) ? '-' : 'unknown'),
        formOf(record),
        record.initrd === null ? '-' : formatSize(record.initrd.sizeBytes),
        formatSize(bytes),
        record.createdAt.slice(0, 10),
        originText(record),
      ];
    }),
    layout,
  );
}

/** Rows below headings; the last column is cut first. */
export function renderStoreRows(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { width, style }: ListLayout,
): string {
  const columns = headings.map(
    (heading, index): ColumnLayout => ({
      heading,
      align: 'left',
      leastWidth: index < 2 ? 12 : null,
      stays: index < 2,
    }),
  );
  const cells = rows.map((row) => row.map((text) => ({ text })));
  return layoutColumns(columns, cells, { width, header: true, style }).text;
}

function formOf({ kernel, elf }: BootRecord): string {
  if (elf !== null) return kernel === null ? 'ELF' : 'bzImage, ELF';
  return kernel === null ? '-' : 'bzImage';
}

/** Where something of the store comes from. */
export function originText({ origin }: Pick<BootRecord, 'origin'>): string {
  return origin.kind === 'packages' ? origin.distribution : escapeControls(origin.path);
}

/** The same as JSON. */
export function bootListDocument(entries: readonly StoreEntry<BootRecord>[]): BootListDocument {
  return {
    schema: 'portal-gun/boot-list/v1',
    boot: entries.map(({ name, record, problem }) => ({
      name,
      problem,
      assets: record === null ? null : bootFacts(record),
    })),
  };
}

/** What was, or would be, built. */
export function renderBuiltBoot({
  profile,
  distribution,
  packages,
  missingModules,
  record,
}: BuiltBoot): string {
  const names = packages.map(
    ({ name, version, sizeBytes }) => `  ${name} ${version} (${formatSize(sizeBytes)})\n`,
  );
  if (record === null) return `Would build ${profile} from packages of ${distribution}:\n${names.join('')}`;
  const missing = missingModules.map((name) => `The kernel has no module ${name}; it may be built in.\n`);
  return [
    `Built ${profile} from packages of ${distribution}: Linux ${record.kernelVersion}\n`,
    ...fileLines(record),
    ...missing,
    `Use it in a definition: boot: { profile: ${profile} }\n`,
  ].join('');
}

function fileLines({ kernel, elf, initrd, whyNoElf }: BootRecord): readonly string[] {
  const line = (what: string, file: StoredFile | null): string =>
    file === null
      ? ''
      : `  ${what.padEnd(19)} ${formatSize(file.sizeBytes).padStart(9)}  ${bootFilePath(file.sha256)}\n`;
  return [
    line('kernel', kernel),
    line('uncompressed kernel', elf),
    whyNoElf === null ? '' : `  uncompressed kernel: none, because ${escapeControls(whyNoElf)}\n`,
    line('initramfs', initrd),
  ];
}

/** The same as JSON. */
export function bootBuildDocument(built: BuiltBoot): BootBuildDocument {
  const { profile, distribution, packages, missingModules, record } = built;
  return {
    schema: 'portal-gun/boot-build/v1',
    profile,
    distribution,
    packages: packages.map(({ name, version, sizeBytes }) => ({ name, version, sizeBytes })),
    missingModules,
    assets: record === null ? null : bootFacts(record),
  };
}

/** What was, or would be, imported, and the lines for a definition. */
export function renderImport(imported: ImportedBoot): string {
  const { file, name, stored } = imported;
  const path = escapeControls(file);
  const what = `${kindOf(imported)} (${formOfImport(imported)})`;
  if (stored === null) return `Would import ${path} as ${name}: ${what}\n`;
  const lines = stored.kind === 'boot' ? fileLines(stored.record) : [`  ${imagePath(name)}\n`];
  return `Imported ${path} as ${name}: ${what}\n${lines.join('')}Use it in a definition: ${definitionOf(imported)}\n`;
}

/** The same as JSON. */
export function bootImportDocument(imported: ImportedBoot): BootImportDocument {
  const { file, name, subject, stored } = imported;
  return {
    schema: 'portal-gun/boot-import/v1',
    file,
    name,
    kind: subject.kind,
    form: formOfImport(imported),
    kernelVersion:
      stored?.kind === 'boot'
        ? stored.record.kernelVersion
        : subject.kind === 'kernel'
          ? subject.version
          : null,
    assets: stored?.kind === 'boot' ? bootFacts(stored.record) : null,
    image: stored?.kind === 'image' ? imageFacts(stored.record) : null,
    definition: stored === null ? null : definitionOf(imported),
  };
}

function kindOf({ subject }: ImportedBoot): string {
  return { kernel: 'kernel', initramfs: 'initramfs', package: 'kernel package', image: 'disk image' }[
    subject.kind
  ];
}

function formOfImport({ subject }: ImportedBoot): string {
  switch (subject.kind) {
    case 'kernel':
      return subject.version === null
        ? subject.form
        : `${subject.form}, Linux ${escapeControls(subject.version)}`;
    case 'initramfs':
      return subject.compression ?? 'cpio';
    case 'package':
      return 'deb';
    case 'image':
      return subject.format;
  }
}

function definitionOf({ name, subject, stored }: ImportedBoot): string {
  if (stored?.kind === 'image') {
    return stored.record.format === 'iso'
      ? `disks: [{ name: cd, source: image:${name}, cdrom: true }]`
      : `os: { root: image:${name} }`;
  }
  const { kernel = null, elf = null, initrd = null } = stored?.record ?? {};
  return subject.kind === 'initramfs'
    ? `boot: { initrd: store:${initrd?.sha256} }`
    : `boot: { kernel: store:${(kernel ?? elf)?.sha256} }`;
}

/** What was, or would be, removed. */
export function renderRemoval({ name, files, freedBytes }: RemovedFromStore, dryRun: boolean): string {
  const verb = dryRun ? 'Would remove' : 'Removed';
  return `${verb} ${name} (${formatSize(freedBytes)})\n${files.map((path) => `  ${path}\n`).join('')}`;
}

/** The same as JSON. */
export function storeRemovalDocument(removed: RemovedFromStore, dryRun: boolean): StoreRemovalDocument {
  return { schema: 'portal-gun/store-removal/v1', ...removed, removed: !dryRun };
}

function bootFacts({ version: _, ...record }: BootRecord): NonNullable<BootBuildDocument['assets']> {
  const { kernel, elf, initrd } = record;
  return { ...record, kernel: fileFacts(kernel), elf: fileFacts(elf), initrd: fileFacts(initrd) };
}

function fileFacts(file: StoredFile | null): (StoredFile & { readonly path: string }) | null {
  return file === null ? null : { ...file, path: bootFilePath(file.sha256) };
}

/** An image as documents have it. */
export function imageFacts({ version: _, ...record }: ImageRecord): NonNullable<BootImportDocument['image']> {
  return { ...record, path: imagePath(record.name) };
}
