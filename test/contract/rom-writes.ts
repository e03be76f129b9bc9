import { ROM_SWITCHES, type RomSwitch, romSwitch } from '../../lib/simulation/rom-switch.ts';
import { parseKernelVersion } from '../../lib/sysfs/kernel-release.ts';

/** What a kernel made of each text that was written to a function's `rom`. */
export interface RomWrites {
  /** Its release, as `uname -r` prints it. */
  readonly kernel: string;
  readonly writes: Readonly<Record<string, RomSwitch>>;
}

const TEXTS = ['1\n', '0\n', '1', '0', '00', '00\n', '01', 'off', 'on', 'no', 'y', '2', 'abc', '\n'];

/** A script for bash that prints for each text whether the ROM is on after it was written, from on and from off. */
export function romWritesScript(rom: string): string {
  const words = TEXTS.map((text) => `'${text.replace('\n', '\\n')}'`).join(' ');
  return `is() { dd if=${rom} bs=1 count=1 2>&1 > /dev/null | grep -q 'Invalid argument' && echo off || echo on; }
    for text in ${words}; do
      for start in '1\\n' '0\\n'; do
        printf "$start" > ${rom}
        said=$( { printf "$text" > ${rom}; } 2>&1)
        echo "$(is)" "\${said##*: }"
      done
    done
    printf '0\\n' > ${rom}`;
}

/** What the script printed. */
export function parseRomWrites(kernel: string, printed: string): RomWrites {
  const lines = printed.trimEnd().split('\n');
  const writes = TEXTS.map((text, index): readonly [string, RomSwitch] => {
    const [fromOn = '', fromOff = ''] = lines.slice(2 * index, 2 * index + 2).map((line) => line.trim());
    if (fromOn === fromOff && (fromOn === 'on' || fromOn === 'off')) return [text, fromOn];
    if (fromOn === 'on Invalid argument' && fromOff === 'off Invalid argument') return [text, 'EINVAL'];
    throw new Error(`${JSON.stringify(text)} came to "${fromOn}" from on, and to "${fromOff}" from off`);
  });
  return { kernel, writes: Object.fromEntries(writes) };
}

/** What is recorded of kernels: one a line. */
export function parseRecordedRomWrites(text: string): readonly RomWrites[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RomWrites);
}

/**
 * Where a kernel does what the simulated host does not know of it, in words. A kernel of a series whose change logs nobody has looked
 * through may take them in any way that is known.
 */
export function newRomWrites({ kernel, writes }: RomWrites): readonly string[] {
  const version = parseKernelVersion(kernel);
  const against = (expected: (text: string) => RomSwitch | null): readonly string[] =>
    Object.entries(writes).flatMap(([text, real]) => {
      const simulated = expected(text);
      if (simulated === real) return [];
      return [`Linux ${kernel}: ${JSON.stringify(text)} written to rom: ${real}; simulated: ${simulated}`];
    });
  const expected = (text: string) => romSwitch(text, version);
  if (Object.keys(writes).every((text) => expected(text) !== null)) return against(expected);
  const [byLength, byWord] = [against(ROM_SWITCHES.byLength), against(ROM_SWITCHES.byWord)];
  return byLength.length < byWord.length ? byLength : byWord;
}
