/** The path that a link at `path` leads to, without asking the host: `null` where it leaves the root. */
export function resolveLink(path: string, target: string): string | null {
  const parts = target.startsWith('/') ? [] : path.split('/').slice(1, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return `/${parts.join('/')}`;
}
