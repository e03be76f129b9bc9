import { machinePaths } from '../../machines/resolved-machine.ts';

/** The file with the record of the events of a machine, and the earlier one. */
export function eventLog(name: string): { readonly path: string; readonly earlier: string } {
  const { consoleLog } = machinePaths(name);
  const folder = consoleLog.slice(0, consoleLog.lastIndexOf('/'));
  return { path: `${folder}/events.jsonl`, earlier: `${folder}/events.1.jsonl` };
}
