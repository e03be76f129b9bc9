import { stringify } from 'yaml';
import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { YamlFile } from '../../../base/yaml-file.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { UserFiles } from '../../../host/user-files.ts';
import { answerFault } from '../../../machines/template/answer-forms.ts';
import {
  type AskedQuestion,
  createMachine,
  prepareMachine,
} from '../../../operations/project/new/create-machine.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { machineNewDocument, renderCreatedMachine } from '../../../render/project/new-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

const MAX_BYTES = 64 * 1024;

interface NewValues extends ProjectValues {
  readonly name: string;
  readonly template: string | undefined;
  readonly answer: readonly string[];
  readonly answers: string | undefined;
  readonly saveAnswers: string | undefined;
  readonly yes: boolean;
  readonly typescript: boolean;
}

type Answers = Readonly<Record<string, string>>;

/** `portal new`: the folder of a machine, from a template and answers. */
export async function runPortalNew(
  { name, template, answer, answers: file, saveAnswers, yes, typescript, project, json }: NewValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = new HostSession(ports, { project });
  const files = await ports.openUserFiles();
  const given = {
    ...(file === undefined ? {} : answersIn(files, file)),
    ...Object.fromEntries(answer.map(parseAnswer)),
  };
  const { questions } = await prepareMachine(session, { name, template, answers: given });
  const open = questions.filter((question) => question.answer === null);
  const answered = yes ? {} : await askFor(name, open, dialogue);
  if (saveAnswers !== undefined) files.demandPlace(saveAnswers);
  const all = { ...given, ...answered };
  const created = await createMachine(session, { name, template, typescript, answers: all });
  if (saveAnswers !== undefined) files.put(saveAnswers, stringify(created.answers), { overwrites: true });
  return {
    exitCode: EXIT.ok,
    stdout: json ? formatDocument(machineNewDocument(created)) : renderCreatedMachine(created),
    stderr: '',
  };
}

/** @throws PortalGunError BAD_ARGUMENT that lists the unanswered questions if no person is there to answer */
async function askFor(name: string, open: readonly AskedQuestion[], dialogue: Dialogue): Promise<Answers> {
  if (open.length === 0) return {};
  if (!dialogue.canAsk) {
    const list = open.map(
      (each) =>
        `${each.name} (${each.default === null ? each.question : `default ${each.default || 'none'}`})`,
    );
    throw new PortalGunError('BAD_ARGUMENT', `has no answer for ${list.join(', ')}`, {
      subject: name,
      hint: 'use --yes to take the defaults, or --answer NAME=VALUE',
    });
  }
  const answers: Record<string, string> = {};
  for (const { name: key, question, form, default: value } of open) {
    answers[key] = await dialogue.ask(question, {
      default: value,
      faultOf: (text) => answerFault(form, text),
    });
  }
  return answers;
}

function parseAnswer(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new PortalGunError('BAD_ARGUMENT', `"${word}" is not of the form NAME=VALUE`, {
    subject: '--answer',
  });
}

function answersIn(files: UserFiles, path: string): Answers {
  const text = Buffer.from(files.read(path, MAX_BYTES, 'BAD_DEFINITION')).toString('utf8');
  const file = new YamlFile(text, files.nameOf(path), 'BAD_DEFINITION');
  const { value } = file;
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    return file.fail([], 'must be a mapping of names to answers');
  return Object.fromEntries(
    Object.entries(value).map(([key, answer]) => {
      if (typeof answer === 'string') return [key, answer];
      return answer === null ? [key, ''] : file.fail([key], 'must be text');
    }),
  );
}
