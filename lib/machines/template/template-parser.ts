import * as z from 'zod/mini';
import { YamlFile } from '../../base/yaml-file.ts';
import { type MissingWords, parseYaml, withHint, yamlList, yamlText } from '../../base/yaml-form.ts';
import { ANSWER_FORM_NAMES, type AnswerFormName, answerFault } from './answer-forms.ts';

/** The file that makes a folder a template, with its questions. */
export const TEMPLATE_FILE = 'template.yaml';
const TEMPLATE_FORMAT = 'template/v1';

/** A folder from which folders of machines are made: its purpose and its questions. */
export interface Template {
  /** One line. */
  readonly summary: string;
  readonly questions: readonly Question[];
}

/** A value that a template needs. */
export interface Question {
  readonly name: string;
  /** The question for a person. */
  readonly question: string;
  readonly form: AnswerFormName;
  /** `null` if only a person can know it. */
  readonly default: string | null;
}

const MISSING: MissingWords = {
  'portal-gun': withHint('is not a template', `its first line is: portal-gun: ${TEMPLATE_FORMAT}`),
};

const questionForm = z
  .strictObject({
    name: yamlText.check(
      z.regex(/^[a-z][a-z0-9_]{0,30}$/, {
        error: 'must be a lowercase letter and up to 30 lowercase letters, digits and underscores',
      }),
    ),
    question: yamlText,
    form: z._default(z.enum(ANSWER_FORM_NAMES), 'text'),
    default: z._default(z.nullable(yamlText), null),
  })
  .check(({ value, issues }) => {
    const fault = value.default === null ? null : answerFault(value.form, value.default);
    if (fault === null) return;
    issues.push({ code: 'custom', message: `is no answer: ${fault}`, path: ['default'], input: value });
  });

const templateForm = z.strictObject({
  'portal-gun': z.literal(TEMPLATE_FORMAT),
  summary: yamlText,
  questions: z._default(yamlList(questionForm), []),
});

/**
 * Reads the file of a template.
 *
 * @throws PortalGunError BAD_DEFINITION, with line and column
 */
export function parseTemplate(text: string, fileName: string): Template {
  const file = new YamlFile(text, fileName, 'BAD_DEFINITION');
  const { summary, questions } = parseYaml(file, templateForm, MISSING);
  return { summary, questions };
}
