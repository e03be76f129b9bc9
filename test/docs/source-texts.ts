import { SyntaxKind } from 'typescript/unstable/ast';
import { createScanner } from 'typescript/unstable/ast/scanner';

/** A comment or a literal of a source file, and the line that it begins on. */
interface SourceText {
  readonly line: number;
  readonly text: string;
}

/** The words of a source file: comments without their marks, and literals with `…` for each computed part. */
export interface SourceTexts {
  readonly comments: readonly SourceText[];
  readonly literals: readonly SourceText[];
}

/** Tokens after which `/` divides. After all others, it begins a regular expression. */
const ENDS_OPERAND: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.ThisKeyword,
]);

const TRIVIA: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.WhitespaceTrivia,
  SyntaxKind.NewLineTrivia,
  SyntaxKind.SingleLineCommentTrivia,
  SyntaxKind.MultiLineCommentTrivia,
]);

/** The comments and literals of TypeScript, in order. Lines of `//` that follow each other are one comment. */
export function sourceTexts(source: string): SourceTexts {
  const comments: SourceText[] = [];
  const literals: SourceText[] = [];
  const scanner = createScanner(false, undefined, source);
  /** The template that each open brace is part of, or `null` for a block. */
  const braces: ({ line: number; text: string } | null)[] = [];
  let before = SyntaxKind.Unknown;
  let lines = { at: 0, line: 1 };
  const lineAt = (at: number): number => {
    const passed = source.slice(lines.at, at).split('\n').length - 1;
    lines = { at, line: lines.line + passed };
    return lines.line;
  };

  for (;;) {
    let kind = scanner.scan();
    if (kind === SyntaxKind.EndOfFile) return { comments: joined(comments), literals };
    if (isSlash(kind) && !ENDS_OPERAND.has(before)) kind = scanner.reScanSlashToken();
    const closes = kind === SyntaxKind.CloseBraceToken ? braces.pop() : undefined;
    if (closes != null) kind = scanner.reScanTemplateToken(false);
    const line = lineAt(scanner.getTokenStart());

    if (kind === SyntaxKind.SingleLineCommentTrivia || kind === SyntaxKind.MultiLineCommentTrivia) {
      comments.push({ line, text: scanner.getTokenText() });
    } else if (kind === SyntaxKind.StringLiteral || kind === SyntaxKind.NoSubstitutionTemplateLiteral) {
      literals.push({ line, text: scanner.getTokenValue() });
    } else if (kind === SyntaxKind.TemplateHead) {
      braces.push({ line, text: scanner.getTokenValue() });
    } else if (closes != null) {
      const text = `${closes.text}…${scanner.getTokenValue()}`;
      if (kind === SyntaxKind.TemplateTail) literals.push({ line: closes.line, text });
      else braces.push({ line: closes.line, text });
    } else if (kind === SyntaxKind.OpenBraceToken) {
      braces.push(null);
    }
    if (!TRIVIA.has(kind)) before = kind;
  }
}

function isSlash(kind: SyntaxKind): boolean {
  return kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken;
}

function joined(comments: readonly SourceText[]): readonly SourceText[] {
  const whole: SourceText[] = [];
  let end = 0;
  for (const { line, text } of comments) {
    const words = withoutMarks(text);
    const before = whole.at(-1);
    if (text.startsWith('//') && before !== undefined && line === end + 1) {
      whole[whole.length - 1] = { line: before.line, text: `${before.text} ${words}` };
    } else {
      whole.push({ line, text: words });
    }
    end = text.startsWith('//') ? line : Number.NaN;
  }
  return whole;
}

function withoutMarks(comment: string): string {
  return comment
    .replace(/^\/\*\*?|\*\/$|^\/\//g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim();
}
