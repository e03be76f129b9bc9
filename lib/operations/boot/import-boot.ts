import { PortalGunError } from '../../base/errors.ts';
import { absolutePath } from '../../host/file/files.ts';
import type { LargeFiles } from '../../host/large-files.ts';
import { HEAD_BYTES, recogniseBootFile } from '../../machines/boot/boot-file.ts';
import { hasPvhEntry } from '../../machines/boot/elf.ts';
import { IMAGE_NAMES_FOLDER, imagePath, storeNameOf } from '../../machines/boot/store-paths.ts';
import type { BootRecord, ImageRecord } from '../../machines/boot/store-records.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandStoreName, readBootRecords, readImageRecords, writeRecord } from './boot-store.ts';
import { type ImportSubject, imageForm } from './import-subject.ts';
import { findKernel, MAX_KERNEL_BYTES, uncompressKernel } from './kernel-of-tree.ts';
import { refuseUsedFiles } from './machines-of-store.ts';
import { unpackPackage } from './package-source.ts';
import { storeBoot } from './store-boot.ts';
import { storeOwner } from './store-owner.ts';
import { type WorkOptions, type Workshop, withWorkshop } from './work.ts';

/** Options of `portal boot import`. */
export interface ImportBootOptions extends WorkOptions {
  /** The path of a file. */
  readonly file: string;
  /** The name in the store; derived from the name of the file by default. */
  readonly name?: string | undefined;
  /** Whether the file is only recognised, and not stored. */
  readonly dryRun?: boolean;
}

/** A file that was, or would be, imported. */
export interface ImportedBoot {
  /** An absolute path. */
  readonly file: string;
  readonly name: string;
  readonly subject: ImportSubject;
  /** Its record in the store; `null` if nothing was stored. */
  readonly stored:
    | { readonly kind: 'boot'; readonly record: BootRecord }
    | { readonly kind: 'image'; readonly record: ImageRecord }
    | null;
}

const MAX_INITRD_BYTES = 4 * 2 ** 30;
/** Directories of the host: an update of it replaces or removes their files. */
const HOST_BOOT = /^\/(boot|efi|usr\/lib\/modules|lib\/modules)(\/|$)/;

/**
 * Copies a file of the user into the store: a kernel, an initramfs, an ISO or disk image, or the kernel of a Debian
 * package. It is recognised by its content.
 *
 * @throws PortalGunError BAD_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, BOOT_OF_HOST, UNKNOWN_IMAGE, FILE_EXISTS,
 *   TOOL_MISSING, TOOL_FAILED, NO_SPACE, HOST_LOCKED, STORE_FAILED
 * @throws Cancelled
 */
export async function importBoot(session: HostSession, options: ImportBootOptions): Promise<ImportedBoot> {
  const { ports } = session;
  const file = absolutePath(options.file);
  const name = options.name ?? storeNameOf(file);
  demandStoreName(name, '--name');
  const large = await ports.openLargeFiles();
  const status = await large.status(file);
  if (status === null) throw new PortalGunError('NOT_FOUND', 'no such file', { subject: file });
  if (HOST_BOOT.test(status.realPath) || HOST_BOOT.test(file)) {
    throw new PortalGunError('BOOT_OF_HOST', 'belongs to the kernel of this host', { subject: file });
  }
  const subject = await recognise(large, file);
  const imported: ImportedBoot = { file, name, subject, stored: null };
  if (options.dryRun === true) return imported;
  demandRoot(ports);
  return withWorkshop(ports, options, async (workshop) => {
    const stored =
      subject.kind === 'image'
        ? ({ kind: 'image', record: await storeImage(session, workshop, imported) } as const)
        : ({ kind: 'boot', record: await storeKernel(session, workshop, imported) } as const);
    return { ...imported, stored };
  });
}

/** @throws PortalGunError UNKNOWN_IMAGE */
async function recognise(large: LargeFiles, file: string): Promise<ImportSubject> {
  const refuse = (message: string, hint?: string): never => {
    throw new PortalGunError('UNKNOWN_IMAGE', message, {
      subject: file,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const found = recogniseBootFile(await large.read(file, 0, HEAD_BYTES));
  if (found === null) return refuse('is no kernel, initramfs, disk image or kernel package');
  switch (found.kind) {
    case 'bz-image':
      return { kind: 'kernel', form: 'bzImage', version: found.version };
    case 'arm64-image':
      return { kind: 'kernel', form: 'arm64 Image', version: null };
    case 'elf':
      if (found.machine !== 'x86_64')
        return refuse(`is an ELF file for ${found.machine}, not a kernel for x86_64`);
      if (!hasPvhEntry(await large.read(file, 0, MAX_KERNEL_BYTES))) {
        return refuse(
          'is an ELF file without a PVH entry: not a kernel that QEMU can start',
          'import the bzImage (vmlinuz) instead',
        );
      }
      return { kind: 'kernel', form: 'ELF', version: null };
    case 'debian-package':
      return { kind: 'package' };
    case 'initramfs':
      return { kind: 'initramfs', compression: found.compression };
    case 'foreign-disk':
      return refuse(
        `is a disk image in the format ${found.format}`,
        `convert it: qemu-img convert -O qcow2 FILE ${storeNameOf(file)}.qcow2`,
      );
    case 'iso':
    case 'raw-disk':
    case 'qcow2':
      return imageForm(found, refuse);
  }
}

async function storeKernel(
  session: HostSession,
  workshop: Workshop,
  { file, name, subject }: ImportedBoot,
): Promise<BootRecord> {
  const { ports, large } = workshop;
  const origin = { kind: 'file', path: file } as const;
  const base = { version: 1, name, origin, createdAt: ports.now() } as const;
  await refuseOther(ports, name, file);
  if (subject.kind === 'initramfs') {
    const { sizeBytes } = (await large.status(file)) ?? { sizeBytes: 0 };
    if (sizeBytes > MAX_INITRD_BYTES)
      throw new PortalGunError('UNKNOWN_IMAGE', 'is too large for an initramfs', { subject: file });
    return storeBoot(session, large, [file], ([initrd = null]) => ({
      ...base,
      kernelVersion: null,
      kernel: null,
      elf: null,
      whyNoElf: null,
      initrd,
    }));
  }
  const { bytes, version } = await kernelOf(workshop, file, subject);
  const isElf = subject.kind === 'kernel' && subject.form === 'ELF';
  if (isElf) {
    return storeBoot(session, large, [bytes], ([elf = null]) => ({
      ...base,
      kernelVersion: version,
      kernel: null,
      elf,
      whyNoElf: null,
      initrd: null,
    }));
  }
  const uncompressed = await uncompressKernel(workshop, bytes);
  const contents = [bytes, ...(uncompressed.bytes === null ? [] : [uncompressed.bytes])];
  return storeBoot(session, large, contents, ([kernel = null, elf = null]) => ({
    ...base,
    kernelVersion: version,
    kernel,
    elf,
    whyNoElf: uncompressed.why,
    initrd: null,
  }));
}

async function kernelOf(
  workshop: Workshop,
  file: string,
  subject: ImportSubject,
): Promise<{ readonly bytes: Uint8Array; readonly version: string | null }> {
  if (subject.kind === 'package') {
    await unpackPackage(workshop, file);
    return findKernel(workshop, file);
  }
  const bytes = await workshop.large.read(file, 0, MAX_KERNEL_BYTES);
  return { bytes, version: subject.kind === 'kernel' ? subject.version : null };
}

/** Refuses a name that boot assets from another source have. */
async function refuseOther(ports: HostSession['ports'], name: string, file: string): Promise<void> {
  const entry = (await readBootRecords(ports)).find((each) => each.name === name);
  if (entry === undefined) return;
  const { record } = entry;
  if (record?.origin.kind === 'file' && record.origin.path === file) return;
  throw new PortalGunError('FILE_EXISTS', 'the store has other boot assets with this name', {
    subject: name,
    hint: `use another name with --name, or remove them: portal boot remove ${name}`,
  });
}

async function storeImage(
  session: HostSession,
  { ports, large, signal, onProgress }: Workshop,
  { file, name, subject }: ImportedBoot,
): Promise<ImageRecord> {
  if (subject.kind !== 'image') throw new RangeError('only an image is stored as one');
  const entry = (await readImageRecords(ports)).find((each) => each.name === name);
  const content = await large.content(file, { signal });
  if (entry !== undefined && entry.record?.sha256 !== content.sha256) {
    throw new PortalGunError('FILE_EXISTS', 'the store has another image with this name', {
      subject: name,
      hint: `use another name with --name, or remove it: portal image remove ${name}`,
    });
  }
  const path = imagePath(name);
  // A file that the store does not know may have overlays.
  if (entry === undefined && (await large.status(path)) !== null)
    await refuseUsedFiles(session, [path], name);
  const release = await ports.lock();
  try {
    onProgress?.(`Copying ${file}`);
    const { sha256, sizeBytes } = await large.put(file, () => path, {
      mode: 0o444,
      signal,
      owner: storeOwner(ports),
    });
    const record: ImageRecord = {
      version: 1,
      name,
      format: subject.format,
      sha256,
      sizeBytes,
      virtualBytes: subject.virtualBytes ?? sizeBytes,
      origin: { kind: 'file', path: file },
      createdAt: ports.now(),
    };
    await writeRecord(await ports.openFiles(), IMAGE_NAMES_FOLDER, record);
    return record;
  } finally {
    release();
  }
}
