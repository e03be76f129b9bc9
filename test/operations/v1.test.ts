import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMachineMetadata, readCategory } from '../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { parseDefinition } from '../../lib/machines/definition/definition-parser.ts';
import { writtenForm } from '../../lib/machines/definition/written-form.ts';
import { lockedMachine, networkUuid, projectMark } from '../../lib/machines/project/locked-values.ts';
import { parseLock } from '../../lib/machines/project/portal-lock.ts';
import { fillTemplate } from '../../lib/machines/template/fill-template.ts';
import { parseTemplate } from '../../lib/machines/template/template-parser.ts';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { machineProject } from '../support/machine-project.ts';
import { portalOn } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Files of format v1, with what they were read to when they were made: see fixtures/v1/README.md. Later versions may read
 * more of them, and nothing else.
 */

const V1 = join(import.meta.dirname, '../../fixtures/v1');
const ABOVE = temporaryFolder();
const PLACE = '/srv/lab';
const MACHINES = ['r0', 'r1', 'r2'] as const;

/** The commands whose documents are recorded. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  check: 'check',
  show: 'show r2',
  status: 'status r1',
  plan: 'plan r1',
  halt: 'halt r1 --dry-run',
  render: 'render r1',
  set: 'set r1 memory=256MiB --dry-run',
  templates: 'templates',
  new: 'new made --template application/minivm --yes',
  error: 'show none',
};

function textOf(name: string): string {
  return readFileSync(join(V1, name), 'utf8');
}

/** What was recorded; recorded now if there is nothing yet, and that is asked for. */
function recorded(name: string, now: unknown): unknown {
  if (process.env['UPDATE_V1'] === '1' && !existsSync(join(V1, name))) {
    writeFileSync(join(V1, name), `${JSON.stringify(now, undefined, 2)}\n`);
  }
  return JSON.parse(textOf(name));
}

/** A copy of the recorded project, which may be written to. */
function project() {
  const made = machineProject(ABOVE, idleHost([]));
  cpSync(join(V1, 'project'), made.root, { recursive: true });
  return made;
}

/** As JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('a project of v1', () => {
  it.each(MACHINES)('has the definition of %s that it had', async (name) => {
    const { machines } = await project().session();
    const now = plain(writtenForm((await machines.show(name)).definition));
    expect(now).toMatchObject(recorded(`definitions/${name}.json`, now) as object);
  });

  it('has no fault', async () => {
    const { machines, faults } = await (await project().session()).machines.check();
    expect([...faults, ...machines.flatMap((each) => each.faults)]).toEqual([]);
  });

  it('keeps UUIDs, MAC addresses and devices, those in its lock file and those of its seed', async () => {
    const { machines } = await project().session();
    const lock = parseLock(textOf('project/portal.lock'), 'portal.lock');
    const seed = lock.seed ?? '';
    const kept = await Promise.all(
      MACHINES.map(async (name) => [name, lockedMachine(lock, seed, (await machines.show(name)).definition)]),
    );
    const now = plain({
      machines: Object.fromEntries(kept),
      project: projectMark(seed),
      network: networkUuid(seed, 'isolated/lan'),
    });
    expect(now).toMatchObject(recorded('locked.json', now) as object);
  });

  it('has VMs that are known by their metadata', () => {
    const document = parseXml(textOf('domain.xml'), 'domain.xml');
    const attributes = findMachineMetadata(document)?.element.attributes ?? new Map();
    const now = { category: readCategory(document), attributes: Object.fromEntries(attributes) };
    expect(now).toMatchObject(recorded('metadata.json', now) as object);
  });
});

describe('a template of v1', () => {
  it('asks what it asked, and gives the machine that it gave', () => {
    const template = parseTemplate(textOf('template/template.yaml'), 'template.yaml');
    const values = {
      name: 't0',
      title: "It's here",
      memory: '256MiB',
      cpus: 2,
      tpm: true,
      lan: 'lan',
      bridge: 'br0',
    };
    const filled = fillTemplate(textOf('template/machine.yaml'), values, 'machine.yaml');
    const { definition, faults } = parseDefinition(filled, 't0', 'machine.yaml');
    expect(faults).toEqual([]);
    const now = plain({ template, definition: definition === null ? null : writtenForm(definition) });
    expect(now).toMatchObject(recorded('template.json', now) as object);
  });
});

describe('the documents of v1', () => {
  it('are recorded for each command', async () => {
    const { root, ports } = project();
    const names: string[] = [];
    for (const [name, line] of Object.entries(DOCUMENTS)) {
      const { stdout } = await portalOn(ports, [
        ...line.split(' '),
        '--json',
        ...(name === 'templates' ? [] : ['-C', root]),
      ]);
      recorded(`documents/${name}.json`, JSON.parse(stdout.replaceAll(root, PLACE)));
      names.push(`${name}.json`);
    }
    expect(readdirSync(join(V1, 'documents')).filter((name) => names.includes(name))).toEqual(names.sort());
  });

  it.each(readdirSync(join(V1, 'documents')))('%s is valid', (name) => {
    const document = JSON.parse(textOf(`documents/${name}`));
    const kind = /^portal-gun\/([a-z-]+)\/v1$/.exec(document.schema)?.[1] ?? 'no schema';
    const validate = validatorOf(kind, { strict: true });
    validate(document);
    // Later versions add keys, and always write them.
    expect((validate.errors ?? []).filter(({ keyword }) => keyword !== 'required')).toEqual([]);
  });
});
