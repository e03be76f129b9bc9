/** A row of CSV (RFC 4180), without its line end. */
export function formatCsvRow(values: readonly string[]): string {
  return values
    .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
    .join(',');
}
