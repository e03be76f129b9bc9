import { escapeControls } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { Program } from '../grammar/program.ts';
import { complete } from './complete.ts';
import { findValuesOn } from './find-values.ts';

/** The maximum length of the text for a candidate. */
const MAX_SUMMARY = 100;

/** The completion of a line, in the form for the scripts of the shells. If anything fails, there is no candidate. */
export async function printCompletions(
  program: Program,
  words: readonly string[],
  ports: HostPorts,
): Promise<string> {
  try {
    const { candidates, paths } = await complete(program, words, findValuesOn(ports));
    const lines = candidates
      // A shell would insert it into the line unchanged.
      .filter(({ word }) => escapeControls(word) === word)
      .map(({ word, summary }) => (summary === undefined ? word : `${word}\t${oneLine(summary)}`));
    return `${[paths ?? '', ...lines].join('\n')}\n`;
  } catch {
    // An error message in the middle of a command line would only disturb the user.
    return '\n';
  }
}

function oneLine(text: string): string {
  const line = escapeControls(text.replace(/\s+/g, ' '));
  return line.length <= MAX_SUMMARY ? line : `${line.slice(0, MAX_SUMMARY - 1)}…`;
}
