/** The order of a table's rows. */

export type Value = string | number | boolean | null;

export interface Column<Row> {
  id: string;
  label: string;
  /** What rows are sorted by; a column without it is not sorted. */
  value?: (row: Row) => Value;
  /** Numbers stand at the end of their cell. */
  number?: boolean;
}

export interface Order {
  column: string;
  down: boolean;
}

/** Sorted, with equals in the order they had. Nothing (null) comes last either way. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
  language: string,
): readonly Row[] {
  const value = columns.find((column) => column.id === order?.column)?.value;
  if (order === null || value === undefined) return rows;
  const words = new Intl.Collator(language, { numeric: true });
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "string" && typeof right === "string") {
      return sign * words.compare(left, right);
    }
    return sign * (Number(left) - Number(right));
  });
}

/** What a click on a column's head makes of an order: up, down, none. */
export function turned(order: Order | null, column: string): Order | null {
  if (order?.column !== column) return { column, down: false };
  return order.down ? null : { column, down: true };
}
