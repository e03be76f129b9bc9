import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..');
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
/** What waits for nothing but that it is done. */
const AWAIT = /^(\s*(?:if \(.*\) )?)await (?=.*;$)/;
/** What keeps a journal, and what it is kept by. */
const KEEPERS = ['lib/host/live/live-files.ts', ...filesOf('lib/apply'), ...filesOf('lib/apply/changes')];

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

/** The places that the lint finds a promise at that nobody waits for: `file:line`. */
function floatingIn(folder: string, paths: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(
    process.execPath,
    [BIOME, 'lint', '--reporter=github', '--max-diagnostics=none', ...paths],
    { cwd: folder, encoding: 'utf8' },
  );
  return [...stdout.matchAll(/title=lint\/nursery\/noFloatingPromises,file=([^,]*),line=(\d+)/g)].map(
    ([, file = '', line]) => `${file.replace(`${folder}/`, '')}:${line}`,
  );
}

describe('biome.json', () => {
  const folder = temporaryFolder();
  for (const part of ['lib', 'biome.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });

  it('finds a forgotten await wherever a change is journalled and made', () => {
    expect(floatingIn(folder, KEEPERS)).toEqual([]);
    const forgotten: string[] = [];
    for (const path of KEEPERS) {
      const lines = readFileSync(join(folder, path), 'utf8').split('\n');
      const without = lines.map((line, index) => {
        if (!AWAIT.test(line)) return line;
        forgotten.push(`${path}:${index + 1}`);
        return line.replace(AWAIT, '$1');
      });
      writeFileSync(join(folder, path), without.join('\n'));
    }
    const waits = ['lib/apply/application.ts', 'lib/host/live/live-files.ts'];
    for (const path of waits)
      expect(forgotten.filter((each) => each.startsWith(path)).length).toBeGreaterThan(4);
    expect([...floatingIn(folder, KEEPERS)].sort()).toEqual(forgotten.sort());
  });
});
