import { expect, test } from "vitest";
import { isWithin, linesOf, pathOf, type Line } from "../../src/lib/chatlist";
import type { ChatRow, Folder } from "../../src/lib/chats";

const NOW = new Date(2026, 10, 23, 12, 0);
const TODAY = NOW.getTime() / 1000 - 60;

function row(id: string, more: Partial<ChatRow> = {}): ChatRow {
  return {
    id,
    title: id,
    named: false,
    folder: null,
    pinned: false,
    model: null,
    settings: { instructions: null, style: null, temperature: null },
    created_at: TODAY,
    updated_at: TODAY,
    deleted_at: null,
    running: false,
    shared_with: [],
    mine: true,
    owner_name: null,
    ...more,
  };
}

const folder = (id: string, parent: string | null = null): Folder => ({ id, name: id, parent });
const FOLDERS = [folder("契約"), folder("工事", "契約"), folder("道路", "工事"), folder("人事")];

function told(line: Line): string {
  if (line.kind === "head") return `# ${line.key}`;
  const mark = line.kind === "folder" ? `${line.open ? "-" : "+"}${line.count} ` : "";
  return `${"  ".repeat(line.level - 1)}${mark}${line.key}`;
}

test("pinned chats come first, then the tree of folders, then days", () => {
  const rows = [
    row("今日"),
    row("橋", { folder: "工事" }),
    row("留めた", { folder: "契約", pinned: true }),
    row("見積", { folder: "契約" }),
    row("昔", { updated_at: 0 }),
  ];
  const opened = { 契約: true, 工事: true };
  expect(linesOf(rows, FOLDERS, opened, NOW).map(told)).toEqual([
    "# pinned",
    "留めた",
    "# folders",
    "-1 契約",
    "  -1 工事",
    "    +0 道路",
    "    橋",
    "  見積",
    "+0 人事",
    "# today",
    "今日",
    "# 1970-1",
    "昔",
  ]);
});

test("what is in a closed folder has no line", () => {
  const lines = linesOf([row("橋", { folder: "工事" })], FOLDERS, { 工事: true }, NOW);
  expect(lines.map(told)).toEqual(["# folders", "+0 契約", "+0 人事"]);
});

test("a folder is told with those around it, and is within them", () => {
  const [contracts, works, roads, people] = FOLDERS as [Folder, Folder, Folder, Folder];
  expect(pathOf(roads, FOLDERS)).toBe("契約 / 工事 / 道路");
  expect(isWithin(roads, contracts, FOLDERS)).toBe(true);
  expect(isWithin(works, works, FOLDERS)).toBe(true);
  expect(isWithin(contracts, roads, FOLDERS)).toBe(false);
  expect(isWithin(people, contracts, FOLDERS)).toBe(false);
});
