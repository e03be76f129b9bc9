import type { TextPattern } from './text-pattern.ts';

/** The steps on a console, in order. */
export interface ConsoleScript {
  /** Whether escape sequences and control characters of the guest are left out of the searched text. */
  readonly strip: boolean;
  readonly steps: readonly ScriptStep[];
}

/** A step of a script, and its place in the file: `boot.yaml:4:5`. */
export type ScriptStep =
  | {
      readonly kind: 'expect';
      readonly pattern: TextPattern;
      readonly timeoutMs: number;
      readonly words: string;
      readonly at: string;
    }
  | { readonly kind: 'send'; readonly text: string; readonly words: string; readonly at: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly words: string; readonly at: string };
