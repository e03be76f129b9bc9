import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import { programTrust } from '../../lib/host/program-trust.ts';
import { PCI, ROOT } from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { outputOf, typeErrors } from './library-examples.ts';
import { anchorOf } from './markdown.ts';

/*
 * The documents are held to what is so. Their ```console blocks are run, in their order, in a folder of each
 * document's own, with `fixtures/` and the built program in it; a block such as ```js NAME is a file there. A block ```ts NAME is an
 * example of the library, which is compiled and run; the ```text block behind it holds what it prints.
 * UPDATE_DOCS=1 writes the outputs anew.
 */

interface Block {
  /** What stands after the fence: `console`, `js list.mjs`. */
  readonly info: string;
  /** The index of the line of its opening fence. */
  readonly at: number;
  readonly lines: readonly string[];
}

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  'fixtures/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

const FOLDER = temporaryFolder();

function linesOf(document: string): readonly string[] {
  return readFileSync(join(ROOT, document), 'utf8').split('\n');
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`the block in line ${at + 1} has no end`);
    blocks.push({ info, at, lines: lines.slice(at + 1, end) });
    at = end;
  }
  return blocks;
}

/** The lines outside blocks. */
function proseOf(lines: readonly string[]): readonly string[] {
  const blocks = blocksOf(lines);
  return lines.filter(
    (_, index) => !blocks.some(({ at, lines: { length } }) => index >= at && index <= at + length + 1),
  );
}

function anchorsOf(document: string): readonly string[] {
  return proseOf(linesOf(document)).flatMap((line) => /^#+ (.+)$/.exec(line)?.slice(1).map(anchorOf) ?? []);
}

/** The relative links of a document that lead nowhere. */
function deadLinks(document: string): readonly string[] {
  const links = [
    ...proseOf(linesOf(document))
      .join('\n')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

/** A folder with what the commands of a document find around them. */
function workplace(document: string, blocks: readonly Block[]): string {
  const folder = join(FOLDER, document.replaceAll('/', '-'));
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(ROOT, 'fixtures'), join(folder, 'fixtures'));
  symlinkSync(ROOT, join(folder, 'node_modules/portal-gun'));
  // Names come from the list of the package: the system's is another everywhere.
  const names =
    'case "$1" in list|show|groups|tree|diff|bind|unbind|sriov) set -- "$@" --pci-ids bundled;; esac';
  writeFileSync(join(folder, 'bin/pci'), `#!/bin/sh\n${names}\nexec '${process.execPath}' '${PCI}' "$@"\n`, {
    mode: 0o755,
  });
  for (const { info, lines } of blocks) {
    const name = /^\w+ (\S+)$/.exec(info)?.[1];
    if (name !== undefined) writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  }
  return folder;
}

/** The commands of a console block; one that ends in a backslash goes on in the next line. */
function commandsOf({ lines }: Block): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let goesOn = false;
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push([line]);
    else if (goesOn) commands.at(-1)?.push(line);
    goesOn = (line.startsWith('$ ') || goesOn) && line.endsWith('\\');
  }
  return commands;
}

/** The console block as it is when its commands are run now. */
async function replay(block: Block, folder: string): Promise<readonly string[]> {
  const shown: string[] = [];
  let status = 0;
  for (const command of commandsOf(block)) {
    const script = command.join('\n').slice(2);
    const { stdout, exitCode } = await execa('sh', ['-c', `(exit ${status})\n{ ${script}\n} 2>&1`], {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, LC_ALL: 'C.UTF-8' },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    status = exitCode ?? 1;
    shown.push(...command, ...(stdout === '' ? [] : stdout.split('\n')));
  }
  return shown;
}

/** The examples of the library, each with the block behind it that holds what it prints. */
function examplesOf(
  blocks: readonly Block[],
): readonly { readonly example: Block; readonly output: Block }[] {
  return blocks.flatMap((example, index) => {
    if (!/^ts \S+$/.test(example.info)) return [];
    const output = blocks[index + 1];
    if (output?.info !== 'text') throw new Error(`nothing shows what ${example.info} prints`);
    return [{ example, output }];
  });
}

function textIn({ lines }: Block): string {
  return `${lines.join('\n')}\n`;
}

/** The document with every console block as it is now. */
async function replayDocument(document: string): Promise<string> {
  const lines = [...linesOf(document)];
  const blocks = blocksOf(lines);
  const folder = workplace(document, blocks);
  const changes: [Block, readonly string[]][] = [];
  for (const block of blocks.filter(({ info }) => info === 'console'))
    changes.push([block, await replay(block, folder)]);
  for (const { example, output } of examplesOf(blocks)) {
    changes.push([output, await outputOf(textIn(example))]);
  }
  changes.sort(([{ at }], [{ at: other }]) => at - other);
  for (const [{ at, lines: before }, after] of changes.reverse())
    lines.splice(at + 1, before.length, ...after);
  return lines.join('\n');
}

const IS_TRUSTED = programTrust.problemOf([process.execPath, PCI]) === null;
const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

describe.each(DOCUMENTS)('%s', (document) => {
  it('has no dead link', () => {
    expect(deadLinks(document)).toEqual([]);
  });

  it('shows output in console blocks alone, which begin with a command', () => {
    for (const { info, lines } of blocksOf(linesOf(document))) {
      if (info === 'console') expect(lines[0]).toMatch(/^\$ /);
      else expect(lines.filter((line) => line.startsWith('$ '))).toEqual([]);
    }
  });

  it('names commands and options that there are', () => {
    const commands = blocksOf(linesOf(document))
      .filter(({ info }) => info === 'sh' || info === 'console')
      .flatMap(({ lines }) => lines)
      .flatMap((line) => [
        ...line.matchAll(/(?:^|[|&;(] |sudo |npx |\$ |if |! )(pci|portal) ([a-z][a-z-]*)([^|&;>)]*)/g),
      ]);
    for (const [line, program, name, rest = ''] of commands) {
      const [second = ''] = rest.trim().split(' ');
      const known = program === 'pci' ? PCI_PROGRAM.commands : PORTAL_PROGRAM.commands;
      const command = known.find((each) => [name, `${name} ${second}`].includes(each.name));
      expect(command, line).toBeDefined();
      const options = [...rest.matchAll(/ --(?:no-)?([a-z-]+)/g)].map(([, option]) => option);
      expect(options.filter((option) => !Object.hasOwn(command?.options ?? {}, option ?? ''))).toEqual([]);
    }
  });

  // What root would run later has to be root's, and a checkout may be anybody's.
  const isRun = IS_TRUSTED || !textOf(document).includes('--persist');
  it.runIf(isRun)(
    `shows what the program prints${whySkipped(isRun, 'others than root can write the checkout')}`,
    async () => {
      const now = await replayDocument(document);
      if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(ROOT, document), now);
      expect(readFileSync(join(ROOT, document), 'utf8')).toBe(now);
    },
  );
});

it('examples of the library fit the types of the package', () => {
  const examples = DOCUMENTS.flatMap((document) => examplesOf(blocksOf(linesOf(document))));
  expect(examples.length).toBeGreaterThan(3);
  const texts = new Map(examples.map(({ example }) => [example.info.slice('ts '.length), textIn(example)]));
  expect(texts.size).toBe(examples.length);
  const folder = join(FOLDER, 'examples');
  mkdirSync(folder);
  expect(typeErrors(folder, texts)).toBe('');
});

it('every document is seen, and some show output', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(20);
  const consoles = DOCUMENTS.flatMap((document) => blocksOf(linesOf(document))).filter(
    ({ info }) => info === 'console',
  );
  expect(consoles.length).toBeGreaterThan(10);
});
