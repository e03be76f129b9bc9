/** The file of a program of portal-gun: `/usr/lib/node_modules/portal-gun/dist/bin/pci.js`. */
const PROGRAM_FILE = /(?<=^|\/)(?:pci|portal)(?=(?:\.[cm]?[jt]s)?$)/;

/**
 * The words that start a program of portal-gun, from those that started this one: both are in the same folder.
 *
 * @param words the interpreter, and the file of the program
 */
export function programNamed(name: 'pci' | 'portal', words: readonly string[]): readonly string[] {
  return words.map((word, index) => (index === words.length - 1 ? word.replace(PROGRAM_FILE, name) : word));
}

/**
 * The line that ends a hook if the program is gone.
 *
 * @param words the words that start the program, quoted for a shell
 * @param what the task that it cannot do: `check the devices of this VM`
 */
export function goneLines(words: readonly string[], what: string): string {
  const [interpreter = '', script = interpreter] = words;
  return `if [ ! -x ${interpreter} ] || [ ! -e ${script} ]; then
  echo "portal-gun is no longer installed and cannot ${what}; to start it anyway, remove $0" >&2`;
}
