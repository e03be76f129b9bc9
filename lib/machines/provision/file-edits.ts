import type { FileEdit } from './guest-state.ts';

/** The text of a file with an edit made. An edit that is made already changes nothing. */
export function withEdit(text: string, edit: FileEdit): string {
  const lines = linesOf(text);
  switch (edit.kind) {
    case 'block':
      return textOf(withBlock(lines, edit));
    case 'line':
      return textOf(withLine(lines, edit.line, edit.startsWith));
    case 'entry':
      return lines.some((line) => line.startsWith(edit.key)) ? text : textOf([...lines, edit.line]);
    case 'member':
      return textOf(lines.map((line) => withMember(line, edit.group, edit.user)));
  }
}

/** The first and the last line of a block. */
function blockMarks(name: string): readonly [string, string] {
  return [`# BEGIN portal-gun ${name}`, `# END portal-gun ${name}`];
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** A block whose end mark was removed by hand ends with its first mark: lines of others are never dropped. */
function withBlock(
  lines: readonly string[],
  { name, text }: { readonly name: string; readonly text: string },
): readonly string[] {
  const [begin, end] = blockMarks(name);
  const block = text === '' ? [] : [begin, ...linesOf(text), end];
  const first = lines.indexOf(begin);
  if (first < 0) return [...lines, ...block];
  const last = lines.indexOf(end, first);
  const next = lines.indexOf(begin, first + 1);
  const isWhole = last >= 0 && (next < 0 || last < next);
  const after = lines.slice((isWhole ? last : first) + 1);
  // A second block of the same name, from a copy of the file, would take effect beside the first.
  const rest = after.includes(begin) && after.includes(end) ? withBlock(after, { name, text: '' }) : after;
  return [...lines.slice(0, first), ...block, ...rest];
}

function withLine(lines: readonly string[], line: string, startsWith: string): readonly string[] {
  const first = lines.findIndex((each) => each.startsWith(startsWith));
  if (first < 0) return [...lines, line];
  return lines.flatMap((each, index) => {
    if (index === first) return [line];
    return each.startsWith(startsWith) ? [] : [each];
  });
}

function withMember(line: string, group: string, user: string): string {
  const [name, password, id, members = ''] = line.split(':');
  if (name !== group || id === undefined) return line;
  const known = members === '' ? [] : members.split(',');
  return known.includes(user) ? line : [name, password, id, [...known, user].join(',')].join(':');
}
