import type { Instruction, TextPattern } from './text-pattern.ts';

const LINE_ENDS: readonly number[] = [0x0a, 0x0d];

/** The search for a pattern in text that comes in pieces. It saves no text, only its positions in the pattern. */
export class PatternSearch {
  readonly #program: readonly Instruction[];
  /** The instructions that wait for a character, each once. */
  #waiting: number[] = [];
  /** The last round in which an instruction was reached. */
  readonly #reached: Uint32Array;
  #round = 0;

  constructor({ program }: TextPattern) {
    this.#program = program;
    this.#reached = new Uint32Array(program.length);
    this.#round = 1;
    this.#reach(0, true, this.#waiting);
  }

  /**
   * Continues the search.
   *
   * @returns the index behind the first match to end in this piece; -1 if none ends in it
   */
  find(text: string, from = 0): number {
    for (let index = from; index < text.length; index += 1) {
      if (this.#step(text.charCodeAt(index))) return index + 1;
    }
    return -1;
  }

  #step(unit: number): boolean {
    const next: number[] = [];
    // The marks of old rounds must differ from those of this round.
    if (this.#round === 0xffff_ffff) {
      this.#reached.fill(0);
      this.#round = 0;
    }
    this.#round += 1;
    const isLineStart = LINE_ENDS.includes(unit);
    let matches = false;
    for (const at of this.#waiting) {
      const instruction = this.#program[at];
      if (instruction?.op !== 'character' || !isIn(instruction.ranges, unit)) continue;
      matches = this.#reach(at + 1, isLineStart, next) || matches;
    }
    // A match can begin at every character.
    this.#reach(0, isLineStart, next);
    this.#waiting = next;
    return matches;
  }

  /** Follows parts that need no character; `true` if that leads to the end of the pattern. */
  #reach(start: number, isLineStart: boolean, waiting: number[]): boolean {
    const open = [start];
    let matches = false;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#reached[at] === this.#round) continue;
      this.#reached[at] = this.#round;
      const instruction = this.#program[at];
      switch (instruction?.op) {
        case 'character':
          waiting.push(at);
          break;
        case 'split':
          open.push(...instruction.to);
          break;
        case 'jump':
          open.push(instruction.to);
          break;
        case 'line-start':
          if (isLineStart) open.push(at + 1);
          break;
        case 'match':
          matches = true;
          break;
      }
    }
    return matches;
  }
}

function isIn(ranges: readonly number[], unit: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (unit >= (ranges[index] ?? 0) && unit <= (ranges[index + 1] ?? 0)) return true;
  }
  return false;
}
