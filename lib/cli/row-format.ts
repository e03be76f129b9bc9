import { PortalGunError } from '../base/errors.ts';
import { formatJson } from '../base/text.ts';
import { formatDocument } from '../render/documents.ts';
import { formatCsvRow } from '../render/layout/csv.ts';
import type { RowFormat } from './tables/format-option.ts';

/** What says in which form rows are printed. */
export interface FormatValues {
  readonly format: RowFormat | undefined;
  readonly json: boolean;
}

/**
 * The form that rows are printed in; `--json` means that of JSON.
 *
 * @throws PortalGunError BAD_ARGUMENT if both are given and differ
 */
export function formatOf({ format, json }: FormatValues): RowFormat {
  if (!json) return format ?? 'table';
  if (format === undefined || format === 'json') return 'json';
  throw new PortalGunError('BAD_ARGUMENT', `cannot be used with --format ${format}`, { subject: '--json' });
}

/**
 * Refuses `--format` beside an option that makes a change of a list: a plan has no rows.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseFormat({ format }: Pick<FormatValues, 'format'>, option: string): void {
  if (format === undefined) return;
  throw new PortalGunError('BAD_ARGUMENT', `does not go with ${option}`, { subject: '--format' });
}

/** An answer of rows in each of its forms, of which one is made. */
export interface RowForms {
  /** The document of `--json`; under a key of it is the list that JSON lines have the items of. */
  document(): object;
  readonly listKey: string;
  /** Rows for programs, the headings first: text is escaped, and numbers are in full. */
  csv(): readonly (readonly (string | number)[])[];
  table(): string;
}

/** Rows in the form that is asked for. */
export function formatRows(format: RowFormat, { document, listKey, csv, table }: RowForms): string {
  switch (format) {
    case 'json':
      return formatDocument(document());
    case 'ndjson': {
      const items: unknown = new Map(Object.entries(document())).get(listKey);
      if (!Array.isArray(items)) throw new RangeError(`the document has no list ${listKey}`);
      return items.map((item) => `${formatJson(item)}\n`).join('');
    }
    case 'csv':
      return csv()
        .map((row) => `${formatCsvRow(row.map(String))}\n`)
        .join('');
    case 'table':
      return table();
  }
}
