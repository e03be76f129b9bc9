import { escapeControls } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { Program } from '../grammar/program.ts';
import { complete } from './complete.ts';
import { findValuesOn } from './find-values.ts';

/** As much of the text for a candidate as fits beside it. */
const MAX_SUMMARY = 100;

/** What completes a line, as the scripts of the shells read it. Whatever fails, no candidate is the answer. */
export async function printCompletions(
  program: Program,
  words: readonly string[],
  ports: HostPorts,
): Promise<string> {
  try {
    const { candidates, paths } = await complete(program, words, findValuesOn(ports));
    const lines = candidates
      // A shell would write it into the line as it is.
      .filter(({ word }) => escapeControls(word) === word)
      .map(({ word, summary }) => (summary === undefined ? word : `${word}\t${oneLine(summary)}`));
    return `${[paths ?? '', ...lines].join('\n')}\n`;
  } catch {
    // Nobody reads an error in the middle of a line that is being written.
    return '\n';
  }
}

function oneLine(text: string): string {
  const line = escapeControls(text.replace(/\s+/g, ' '));
  return line.length <= MAX_SUMMARY ? line : `${line.slice(0, MAX_SUMMARY - 1)}…`;
}
