/**
 * Whether the entries of GRUB contain some words: one of its entries for Linux has each of them, as in `linux
 * /boot/vmlinuz-6.12.9-amd64 root=UUID=… ro quiet intel_iommu=on`.
 *
 * @param text `/boot/grub/grub.cfg`
 */
export function givesArguments(text: string, words: readonly string[]): boolean {
  return text.split('\n').some((line) => {
    const [command, , ...given] = line.trim().split(/\s+/);
    return command === 'linux' && words.every((word) => given.includes(word));
  });
}
