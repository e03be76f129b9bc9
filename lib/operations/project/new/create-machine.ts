import { randomBytes } from 'node:crypto';
import { PortalGunError } from '../../../base/errors.ts';
import { suggest } from '../../../base/text.ts';
import { packageDefinitionSchema } from '../../../host/package-files.ts';
import type { NewFile } from '../../../host/user-files.ts';
import { parseDefinition } from '../../../machines/definition/definition-parser.ts';
import { leavesOf, writtenForm } from '../../../machines/definition/written-form.ts';
import { answerFault } from '../../../machines/template/answer-forms.ts';
import { fillTemplate, type TemplateValues } from '../../../machines/template/fill-template.ts';
import type { Question } from '../../../machines/template/template-parser.ts';
import {
  definitionSource,
  EDITOR_FOLDER,
  SCHEMA_FILE,
  TYPES_FILE,
  withSchemaLine,
} from '../../../machines/typescript/definition-source.ts';
import { definitionTypes } from '../../../machines/typescript/definition-types.ts';
import type { HostSession } from '../../session/host-session.ts';
import { demandMachineName, MACHINES_FOLDER, openProject, type Project } from '../open-project.ts';
import { type FoundTemplate, findTemplate, templateFiles } from './find-template.ts';

/** The template of a machine for which none is named. */
const DEFAULT_TEMPLATE = 'application/minivm';
const DEFINITION_FILE = 'machine.yaml';
const TYPESCRIPT_FILE = 'machine.ts';
const MAX_SCHEMA_BYTES = 1024 * 1024;
const SEED_BYTES = 16;

/** The values for a template. */
export interface NewMachineOptions {
  readonly name: string;
  /** {@link DEFAULT_TEMPLATE} by default. */
  readonly template?: string | undefined;
  /** Whether the definition is written in TypeScript, in place of YAML. */
  readonly typescript?: boolean;
  /** Answers to the questions of the template, by name. */
  readonly answers?: Readonly<Record<string, string>>;
}

/** A machine that is about to be created. */
export interface NewMachine {
  readonly name: string;
  readonly template: FoundTemplate;
  /** The folder that it gets. */
  readonly folder: string;
  /** The questions of the template, with the answers so far. */
  readonly questions: readonly AskedQuestion[];
}

export interface AskedQuestion extends Question {
  /** `null` if there is none yet. */
  readonly answer: string | null;
}

/** A machine whose folder was created. */
export interface CreatedMachine {
  readonly name: string;
  readonly template: string;
  readonly folder: string;
  /** Paths in the folder. */
  readonly files: readonly string[];
  readonly answers: Readonly<Record<string, string>>;
  /** The questions that got their default. */
  readonly defaulted: readonly string[];
}

/**
 * Finds the questions for a new machine, and writes nothing.
 *
 * @throws PortalGunError BAD_ARGUMENT, FILE_EXISTS, NOT_FOUND, BAD_DEFINITION
 */
export async function prepareMachine(
  session: HostSession,
  { name, template = DEFAULT_TEMPLATE, answers = {} }: NewMachineOptions,
): Promise<NewMachine> {
  demandMachineName(name);
  const project = await openProject(session);
  const folder = `${project.root}/${MACHINES_FOLDER}/${name}`;
  if (project.files.realPath(folder) !== null) {
    throw new PortalGunError('FILE_EXISTS', 'the machine has a folder already; nothing was written', {
      subject: folder,
      hint: `use another name, or show the machine: portal show ${name}`,
    });
  }
  const found = findTemplate(project.files, template);
  refuseUnknownAnswers(found, answers);
  return {
    name,
    template: found,
    folder,
    questions: found.template.questions.map((question) => ({
      ...question,
      answer: answers[question.name] ?? null,
    })),
  };
}

/**
 * Creates the folder of a machine from a template. A question without an answer gets its default.
 *
 * @throws PortalGunError BAD_ARGUMENT if a question has neither; the errors of {@link prepareMachine}; OUTPUT_FAILED,
 *   PERMISSION_DENIED; BAD_DEFINITION if the lock file has a fault
 */
export async function createMachine(
  session: HostSession,
  options: NewMachineOptions,
): Promise<CreatedMachine> {
  const { name, template, folder, questions } = await prepareMachine(session, options);
  const answers = Object.fromEntries(questions.map((question) => [question.name, demandAnswer(question)]));
  const project = await openProject(session);
  const filled = filledFiles(project, name, template, valuesOf(name, questions, answers));
  const files = withDefinition(filled, name, options.typescript ?? false);
  const lock = project.readLock();
  project.files.createTree(folder, files);
  writeEditorFiles(project);
  // It belongs to the user who creates the machine, and not to root.
  if (lock.seed === null) project.writeLock({ ...lock, seed: randomBytes(SEED_BYTES).toString('hex') });
  return {
    name,
    template: template.name,
    folder,
    files: [...files.keys()],
    answers,
    defaulted: questions.filter(({ answer }) => answer === null).map((question) => question.name),
  };
}

function refuseUnknownAnswers(
  { name, template }: FoundTemplate,
  answers: Readonly<Record<string, string>>,
): void {
  const known = template.questions.map((question) => question.name);
  for (const [key, text] of Object.entries(answers)) {
    const question = template.questions.find((each) => each.name === key);
    if (question === undefined) {
      const meant = suggest(key, known);
      throw new PortalGunError('BAD_ARGUMENT', `the template ${name} does not ask for it`, {
        subject: key,
        hint: meant === undefined ? `it asks for ${known.join(', ') || 'nothing'}` : `did you mean ${meant}?`,
      });
    }
    const fault = answerFault(question.form, text);
    if (fault !== null) {
      throw new PortalGunError('BAD_ARGUMENT', `"${text}" is no valid answer`, { subject: key, hint: fault });
    }
  }
}

function demandAnswer({ name, answer, default: value, question }: AskedQuestion): string {
  const given = answer ?? value;
  if (given !== null) return given;
  throw new PortalGunError('BAD_ARGUMENT', `needs an answer: ${question}`, {
    subject: name,
    hint: `give it: --answer ${name}=VALUE`,
  });
}

function valuesOf(
  name: string,
  questions: readonly AskedQuestion[],
  answers: Readonly<Record<string, string>>,
): TemplateValues {
  const typed = questions.map(({ name: key, form }) => {
    const text = answers[key] ?? '';
    return [key, form === 'flag' ? text === 'yes' : form === 'integer' ? Number(text) : text] as const;
  });
  return { ...Object.fromEntries(typed), name };
}

/** The definition and files that end in `.liquid` are filled; the others are copied. */
function filledFiles(
  { files }: Project,
  name: string,
  template: FoundTemplate,
  values: TemplateValues,
): ReadonlyMap<string, NewFile> {
  const filled = new Map<string, NewFile>();
  for (const [path, text] of templateFiles(files, template)) {
    const isFilled = path === DEFINITION_FILE || path.endsWith('.liquid');
    filled.set(path.replace(/\.liquid$/, ''), {
      text: isFilled ? fillTemplate(text, values, `${template.name}/${path}`) : text,
      executable: text.startsWith('#!'),
    });
  }
  const definition = filled.get(DEFINITION_FILE);
  if (definition === undefined) {
    throw new PortalGunError('BAD_DEFINITION', `has no file ${DEFINITION_FILE}`, { subject: template.name });
  }
  const [fault] = parseDefinition(definition.text, name, `${template.name}/${DEFINITION_FILE}`).faults;
  if (fault !== undefined) {
    throw new PortalGunError('BAD_DEFINITION', `${fault.message} (filled with the answers)`, {
      subject: fault.at,
      ...(fault.hint === null ? {} : { hint: fault.hint }),
    });
  }
  return filled;
}

/** The files with the definition in the language that was asked for, and with the line that editors need. */
function withDefinition(
  files: ReadonlyMap<string, NewFile>,
  name: string,
  typescript: boolean,
): ReadonlyMap<string, NewFile> {
  const { text } = files.get(DEFINITION_FILE) ?? { text: '' };
  if (!typescript) return new Map([...files, [DEFINITION_FILE, { text: withSchemaLine(text) }]]);
  const { definition, originOf } = parseDefinition(text, name, DEFINITION_FILE);
  const leaves = definition === null ? [] : leavesOf(writtenForm(definition));
  const source = definitionSource(leaves.filter(({ path }) => originOf(path).kind === 'file'));
  const others = [...files].filter(([path]) => path !== DEFINITION_FILE);
  return new Map([[TYPESCRIPT_FILE, { text: source }], ...others]);
}

/** What editors need is a part of the project, so that they check definitions without the package and a network. */
function writeEditorFiles({ files, root }: Project): void {
  const schema = Buffer.from(
    files.read(packageDefinitionSchema(), MAX_SCHEMA_BYTES, 'BAD_DEFINITION'),
  ).toString('utf8');
  const texts = new Map([
    [SCHEMA_FILE, schema],
    [TYPES_FILE, definitionTypes(JSON.parse(schema))],
  ]);
  files.putFolder(`${root}/${EDITOR_FOLDER}`, texts, true);
}
