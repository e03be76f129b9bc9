/** Kernels and initramfs images, each named by the SHA-256 of its content. */
export const BOOT_FOLDER = '/var/lib/portal-gun/boot';
/** Records of boot assets, by name. */
export const BOOT_NAMES_FOLDER = `${BOOT_FOLDER}/names`;
/** Disk images that machines have overlays of, by name, and a record beside each. */
export const IMAGE_FOLDER = '/var/lib/portal-gun/images';
export const IMAGE_NAMES_FOLDER = `${IMAGE_FOLDER}/records`;
/** The state of machines, a directory each. */
export const MACHINES_FOLDER = '/var/lib/portal-gun/machines';

/** The names of boot assets and images: as those of files that need no quotes. */
export const STORE_NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';
const NAME = new RegExp(STORE_NAME_PATTERN);
const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a text can be the name of boot assets or of an image. */
export function isStoreName(text: string): boolean {
  return NAME.test(text) && !SHA256.test(text) && !text.endsWith('.json');
}

/** Returns a name in the store for the name of a file: `vmlinuz-6.1.0 (copy)` gives `vmlinuz-6.1.0-copy`. */
export function storeNameOf(path: string): string {
  const file = path.split('/').at(-1) ?? '';
  const name = file
    .toLowerCase()
    .replace(/\.(iso|img|raw|qcow2|deb)$/, '')
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64);
  return isStoreName(name) ? name : 'imported';
}

/** @param sha256 of the content, in lowercase hexadecimal digits */
export function bootFilePath(sha256: string): string {
  return `${BOOT_FOLDER}/${sha256}`;
}

/** The checksum that names a file of the boot store; `null` for any other path. */
export function storedNameOf(path: string): string | null {
  const name = path.startsWith(`${BOOT_FOLDER}/`) ? path.slice(BOOT_FOLDER.length + 1) : '';
  return SHA256.test(name) ? name : null;
}

export function imagePath(name: string): string {
  return `${IMAGE_FOLDER}/${name}`;
}
