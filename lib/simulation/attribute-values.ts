/** A number as the kernel's `kstrtoul` takes it with base 0: decimal, `0x…` or `0…` octal. `null` for others. */
export function parseUnsigned(text: string): number | null {
  const [, hex, octal, decimal] =
    /^\+?(?:0x([0-9a-f]{1,15})|0([0-7]{0,15})|([1-9]\d{0,15}))\n?$/i.exec(text) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return Number.parseInt(`0${octal}`, 8);
  return decimal === undefined ? null : Number(decimal);
}

/** A switch as the kernel's `kstrtobool` takes it. `null` for what it refuses. */
export function parseSwitch(text: string): boolean | null {
  if (/^(?:[yY1tT]|on)/i.test(text)) return true;
  return /^(?:[nN0fF]|of)/i.test(text) ? false : null;
}

/** A name as the kernel compares it (`sysfs_streq`): a line end behind it does not count. */
export function nameIn(text: string): string {
  return text.replace(/\n$/, '');
}
