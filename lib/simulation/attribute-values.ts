/**
 * A number in the format of the kernel's `kstrtoul` with base 0: decimal, `0x…` or `0…` octal. `null` for other text.
 */
export function parseUnsigned(text: string): number | null {
  const [, hex, octal, decimal] =
    /^\+?(?:0x([0-9a-f]{1,15})|0([0-7]{0,15})|([1-9]\d{0,15}))\n?$/i.exec(text) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return Number.parseInt(`0${octal}`, 8);
  return decimal === undefined ? null : Number(decimal);
}

/** A switch in the format of the kernel's `kstrtobool`. `null` for text that it refuses. */
export function parseSwitch(text: string): boolean | null {
  if (/^(?:[yY1tT]|on)/i.test(text)) return true;
  return /^(?:[nN0fF]|of)/i.test(text) ? false : null;
}

/** A name as the kernel compares it (`sysfs_streq`): a line end after it is ignored. */
export function nameIn(text: string): string {
  return text.replace(/\n$/, '');
}
