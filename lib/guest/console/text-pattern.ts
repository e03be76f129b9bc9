import { failPattern, parseRegex, type Ranges, type RegexNode } from './regex-parser.ts';

/*
 * Patterns that text of a guest is searched for. A pattern becomes a list of instructions, and a search follows all ways
 * through it at the same time. So the work for each character is bounded by the length of the list, whatever a guest
 * prints, and it makes no difference in which pieces the text comes.
 */

/** One instruction: a character of some ranges, both ways, the start of a line, or the end of the pattern. */
export type Instruction =
  | { readonly op: 'character'; readonly ranges: Ranges }
  | { readonly op: 'split'; readonly to: readonly [number, number] }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'line-start' }
  | { readonly op: 'match' };

/** The searched text, ready for a `PatternSearch`. */
export interface TextPattern {
  /** As the user wrote it. */
  readonly source: string;
  readonly program: readonly Instruction[];
}

const MAX_INSTRUCTIONS = 4000;

/** A pattern that matches a text literally. */
export function literalPattern(text: string): TextPattern {
  const program: Instruction[] = [];
  for (let index = 0; index < text.length; index += 1)
    program.push({ op: 'character', ranges: [text.charCodeAt(index), text.charCodeAt(index)] });
  return { source: text, program: [...program, { op: 'match' }] };
}

/**
 * Reads a regular expression: characters, `.`, classes, groups, `|`, `*`, `+`, `?`, `{n,m}`, `^` and `$` (start and end of a
 * line), `\d \w \s` and their opposites. A part that a bounded search cannot do (references back, conditions on later text) is
 * refused.
 *
 * @throws PortalGunError BAD_SCRIPT
 */
export function regexPattern(source: string): TextPattern {
  const tree = parseRegex(source);
  const program: Instruction[] = [];
  emit(tree, program);
  program.push({ op: 'match' });
  if (matchesNothing(tree)) failPattern('matches also where there is no text, so it would match immediately');
  return { source, program };
}

/** Whether a tree matches without any character. */
function matchesNothing(node: RegexNode): boolean {
  switch (node.kind) {
    case 'character':
      return false;
    case 'line-start':
      return true;
    case 'all':
      return node.items.every(matchesNothing);
    case 'any':
      return node.items.some(matchesNothing);
    case 'repeat':
      return node.least === 0 || matchesNothing(node.item);
  }
}

function emit(node: RegexNode, program: Instruction[]): void {
  if (program.length > MAX_INSTRUCTIONS) failPattern('is too large: its repetitions multiply');
  switch (node.kind) {
    case 'character':
      program.push({ op: 'character', ranges: node.ranges });
      return;
    case 'line-start':
      program.push({ op: 'line-start' });
      return;
    case 'all':
      for (const item of node.items) emit(item, program);
      return;
    case 'any':
      emitAny(node.items, program);
      return;
    case 'repeat':
      emitRepeat(node.item, node.least, node.most, program);
  }
}

function emitAny(items: readonly RegexNode[], program: Instruction[]): void {
  const [first, ...rest] = items;
  if (first === undefined) return;
  if (rest.length === 0) {
    emit(first, program);
    return;
  }
  const split = program.push({ op: 'jump', to: 0 }) - 1;
  emit(first, program);
  const jump = program.push({ op: 'jump', to: 0 }) - 1;
  program[split] = { op: 'split', to: [split + 1, program.length] };
  emitAny(rest, program);
  program[jump] = { op: 'jump', to: program.length };
}

function emitRepeat(item: RegexNode, least: number, most: number | null, program: Instruction[]): void {
  for (let index = 0; index < least; index += 1) emit(item, program);
  if (most === null) {
    const split = program.push({ op: 'jump', to: 0 }) - 1;
    emit(item, program);
    program.push({ op: 'jump', to: split });
    program[split] = { op: 'split', to: [split + 1, program.length] };
    return;
  }
  const splits: number[] = [];
  for (let index = least; index < most; index += 1) {
    splits.push(program.push({ op: 'jump', to: 0 }) - 1);
    emit(item, program);
  }
  for (const split of splits) program[split] = { op: 'split', to: [split + 1, program.length] };
}
