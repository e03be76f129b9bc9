import { PortalGunError } from '../base/errors.ts';
import type { OptionDefinition } from './command.ts';

const LONG = /^--(?<name>[^=]+)=(?<value>.*)$/s;
/** Only the last of several letters has the value: `-ny=false`. */
const SHORT = /^-[^-=]*(?<name>[^-=])=(?<value>.*)$/s;

/**
 * Refuses a switch with a value other than `true` and `false`: the parser reads each as false, so that
 * `--dry-run=client` would apply the plan.
 *
 * @param words the command line up to `--`
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseSwitchValues(
  options: Readonly<Record<string, OptionDefinition>>,
  words: readonly string[],
): void {
  for (const word of words) {
    const { name = '', value = '' } = (LONG.exec(word) ?? SHORT.exec(word))?.groups ?? {};
    const isSwitch =
      name !== '' &&
      Object.entries(options).some(
        ([long, { type, alias }]) => type === 'boolean' && (name === long || name === alias),
      );
    if (!isSwitch || value === 'true' || value === 'false') continue;
    throw new PortalGunError('BAD_ARGUMENT', `takes no value but true and false, not "${value}"`, {
      subject: word.slice(0, word.indexOf('=')),
      hint: `give ${word.slice(0, word.indexOf('='))} without a value, or leave it out`,
    });
  }
}
