import type { Run } from '../../lib/host/runner.ts';

const DEFAULT_BYTES = 2 ** 30;

/** `qemu-img create` and `qemu-img info --output=json`: an image is a file that holds what info reports. */
export function runQemuImg(files: Map<string, string>, args: readonly string[]): Run {
  const exited = (exitCode: number, stdout: string, stderr = ''): Run => ({
    kind: 'exited',
    ...{ exitCode, stdout, stderr },
  });
  const [verb = ''] = args;
  if (verb === 'info') {
    const text = files.get(args.at(-1) ?? '');
    return text === undefined ? exited(1, '', 'qemu-img: Could not open it') : exited(0, text);
  }
  const optionOf = (option: string): string | undefined =>
    args.includes(option) ? args[args.indexOf(option) + 1] : undefined;
  const values = ['-f', '-b', '-F'].flatMap((option) => optionOf(option) ?? []);
  const [path = '', size] = args.slice(1).filter((word) => !word.startsWith('-') && !values.includes(word));
  const backing = optionOf('-b');
  files.set(
    path,
    JSON.stringify({
      format: optionOf('-f'),
      'virtual-size': size === undefined ? DEFAULT_BYTES : Number(size),
      ...(backing === undefined
        ? {}
        : { 'full-backing-filename': backing, 'backing-filename-format': optionOf('-F') }),
    }),
  );
  return exited(0, '');
}
