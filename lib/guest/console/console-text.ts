import { escapeControls } from '../../base/text.ts';

/** The place in an escape sequence. `string`: a command of a terminal that text follows, such as the title of a window. */
type Place = 'text' | 'escape' | 'charset' | 'control' | 'string' | 'string-escape';

const STRING_STARTS = ']PX^_';
const CHARSET_STARTS = ' #%()*+-./';
/** The same commands as one character (ISO 6429): CSI, then those with a string. */
const CONTROL_START = '\x9b';
const LONE_STRING_STARTS = '\x90\x98\x9d\x9e\x9f';
const COLORS = /^[0-9;:]*$/;
/** A longer command is no command: text that follows must not disappear in it. */
const MAX_CONTROL = 64;
const MAX_STRING = 4096;

/**
 * Makes text of the output of a guest, in which a terminal finds no command: escape sequences and control characters are left
 * out, and every form of a line's end is one `\n`. It works on pieces, and the result does not depend on their ends.
 */
export class ConsoleText {
  readonly #keepsColors: boolean;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #place: Place = 'text';
  #sequence = '';
  #length = 0;
  #hasReturn = false;
  #isColored = false;

  /** @param options `keepsColors`: whether commands for colors and weights of text (SGR) stay */
  constructor({ keepsColors = false }: { readonly keepsColors?: boolean } = {}) {
    this.#keepsColors = keepsColors;
  }

  /** The text of the next bytes. */
  push(bytes: Uint8Array): string {
    let text = '';
    for (const character of this.#decoder.decode(bytes, { stream: true })) text += this.#take(character);
    return text;
  }

  /** The rest at the end, with the colors of the terminal as before. */
  end(): string {
    let text = '';
    for (const character of this.#decoder.decode()) text += this.#take(character);
    text += this.#hasReturn ? '\n' : '';
    this.#hasReturn = false;
    return this.#isColored ? `${text}\x1b[0m` : text;
  }

  #take(character: string): string {
    switch (this.#place) {
      case 'text':
        return this.#inText(character);
      case 'escape':
        return this.#inEscape(character);
      case 'charset':
        this.#place = 'text';
        return character < ' ' ? this.#inText(character) : '';
      case 'control':
        return this.#inControl(character);
      case 'string':
        return this.#inString(character);
      case 'string-escape':
        this.#place = 'text';
        return character === '\\' ? '' : this.#inEscape(character);
    }
  }

  #inText(character: string): string {
    if (character === '\r') {
      this.#hasReturn = true;
      return '';
    }
    const before = this.#hasReturn && character !== '\n' && !this.#startsCommand(character) ? '\n' : '';
    if (!this.#startsCommand(character)) this.#hasReturn = false;
    if (character === '\n' || character === '\t') return before + character;
    if (this.#startsCommand(character)) {
      this.#start(character);
      return '';
    }
    // Control characters, except those that reorder text: they are shown.
    if (character < ' ' || (character >= '\x7f' && character <= '\x9f')) return before;
    return before + escapeControls(character);
  }

  #startsCommand(character: string): boolean {
    return character === '\x1b' || character === CONTROL_START || LONE_STRING_STARTS.includes(character);
  }

  #start(character: string): void {
    this.#sequence = '';
    this.#length = 0;
    this.#place = character === '\x1b' ? 'escape' : character === CONTROL_START ? 'control' : 'string';
  }

  #inEscape(character: string): string {
    if (this.#startsCommand(character)) this.#start(character);
    else if (character === '[') this.#start(CONTROL_START);
    else if (STRING_STARTS.includes(character)) this.#start('\x90');
    else if (CHARSET_STARTS.includes(character)) this.#place = 'charset';
    else {
      this.#place = 'text';
      if (character < ' ') return this.#inText(character);
    }
    return '';
  }

  #inControl(character: string): string {
    if (character >= ' ' && character <= '?' && this.#sequence.length < MAX_CONTROL) {
      this.#sequence += character;
      return '';
    }
    this.#place = 'text';
    if (character < '@' || character > '~') return this.#inText(character);
    if (!this.#keepsColors || character !== 'm' || !COLORS.test(this.#sequence)) return '';
    this.#isColored = !/^0*$/.test(this.#sequence);
    return `\x1b[${this.#sequence}m`;
  }

  #inString(character: string): string {
    this.#length += 1;
    if (character === '\x1b') this.#place = 'string-escape';
    else if ('\x07\x9c\x18\x1a'.includes(character)) this.#place = 'text';
    else if (character === '\n' || character === '\r' || this.#length > MAX_STRING) {
      this.#place = 'text';
      return this.#inText(character);
    }
    return '';
  }
}
