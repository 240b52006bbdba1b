/** Lists by day, as people look for what they did: today, yesterday, the last week, months. */

export type Day =
  | { kind: "today" }
  | { kind: "yesterday" }
  | { kind: "week" }
  | { kind: "month"; year: number; month: number };

/** The group of a time in Unix seconds, in the time zone of the reader. */
export function dayOf(seconds: number, now: Date): Day {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const time = seconds * 1000;
  if (time >= midnight) return { kind: "today" };
  if (time >= daysBefore(now, 1)) return { kind: "yesterday" };
  if (time >= daysBefore(now, 7)) return { kind: "week" };
  const date = new Date(time);
  return { kind: "month", year: date.getFullYear(), month: date.getMonth() + 1 };
}

export function dayKey(day: Day): string {
  return day.kind === "month" ? `${day.year}-${day.month}` : day.kind;
}

/** Midnight some days ago; days have 23 or 25 hours where clocks are changed. */
function daysBefore(now: Date, days: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
}
