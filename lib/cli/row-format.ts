import { PortalGunError } from '../base/errors.ts';
import { formatJson } from '../base/text.ts';
import { formatDocument } from '../render/documents.ts';
import { formatCsvRow } from '../render/layout/csv.ts';
import type { RowFormat } from './tables/format-option.ts';

/** The values that select the form of rows. */
export interface FormatValues {
  readonly format: RowFormat | undefined;
  readonly json: boolean;
}

/**
 * The form of rows; `--json` means JSON.
 *
 * @throws PortalGunError BAD_ARGUMENT if both are given and differ
 */
export function formatOf({ format, json }: FormatValues): RowFormat {
  if (!json) return format ?? 'table';
  if (format === undefined || format === 'json') return 'json';
  throw new PortalGunError('BAD_ARGUMENT', `cannot be used with --format ${format}`, { subject: '--json' });
}

/**
 * Refuses `--format` with an option that turns a list into a change: a plan has no rows.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseFormat({ format }: Pick<FormatValues, 'format'>, option: string): void {
  if (format === undefined) return;
  throw new PortalGunError('BAD_ARGUMENT', `cannot be used with ${option}`, { subject: '--format' });
}

/** A result with rows in each of its forms; only one is made. */
export interface RowForms {
  /** The document of `--json`; one of its keys has the list for JSON lines. */
  document(): object;
  readonly listKey: string;
  /** Rows for programs, with headings: text is escaped, and numbers are exact. */
  csv(): readonly (readonly (string | number)[])[];
  table(): string;
}

/** Rows in the requested form. */
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
