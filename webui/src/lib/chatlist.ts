/**
 * The list of chats as lines, one below the other: pinned chats, the tree of folders, days.
 *
 * A line knows how deep it stands, so that a list of which only what is seen is there can
 * still tell its tree.
 */

import type { ChatRow, Folder } from "./chats";
import { dayKey, dayOf, type Day } from "./days";

export type Heading = { kind: "pinned" } | { kind: "folders" } | Day;

export type Line =
  | { kind: "head"; key: string; heading: Heading }
  | { kind: "folder"; key: string; folder: Folder; level: number; open: boolean; count: number }
  | { kind: "chat"; key: string; row: ChatRow; level: number };

/** `rows` by their last change, `folders` by name; what is in a closed folder has no line. */
export function linesOf(
  rows: readonly ChatRow[],
  folders: readonly Folder[],
  opened: Readonly<Record<string, boolean>>,
  now: Date,
): Line[] {
  const lines: Line[] = [];
  const pinned = rows.filter((row) => row.pinned);
  const rest = grouped(rows.filter((row) => !row.pinned), (row) => row.folder);
  const children = grouped(folders, (folder) => folder.parent);

  function addFolder(folder: Folder, level: number): void {
    const own = rest.get(folder.id) ?? [];
    const open = opened[folder.id] ?? false;
    lines.push({ kind: "folder", key: folder.id, folder, level, open, count: own.length });
    if (!open) return;
    for (const child of children.get(folder.id) ?? []) addFolder(child, level + 1);
    lines.push(...own.map((row) => chatLine(row, level + 1)));
  }

  if (pinned.length > 0) {
    lines.push({ kind: "head", key: "pinned", heading: { kind: "pinned" } });
    lines.push(...pinned.map((row) => chatLine(row, 1)));
  }
  if (folders.length > 0) {
    lines.push({ kind: "head", key: "folders", heading: { kind: "folders" } });
    for (const folder of children.get(null) ?? []) addFolder(folder, 1);
  }
  let last = "";
  for (const row of rest.get(null) ?? []) {
    const day = dayOf(row.updated_at, now);
    const key = dayKey(day);
    if (key !== last) lines.push({ kind: "head", key, heading: day });
    last = key;
    lines.push(chatLine(row, 1));
  }
  return lines;
}

/** Where a folder stands: its own name after those of the folders around it. */
export function pathOf(folder: Folder, folders: readonly Folder[]): string {
  const above = folders.find((each) => each.id === folder.parent);
  return above === undefined ? folder.name : `${pathOf(above, folders)} / ${folder.name}`;
}

/** Whether a folder is another one or stands somewhere inside of it. */
export function isWithin(folder: Folder, outer: Folder, folders: readonly Folder[]): boolean {
  if (folder.id === outer.id) return true;
  const above = folders.find((each) => each.id === folder.parent);
  return above !== undefined && isWithin(above, outer, folders);
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string | null): Map<string | null, T[]> {
  const groups = new Map<string | null, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

function chatLine(row: ChatRow, level: number): Line {
  return { kind: "chat", key: row.id, row, level };
}
