/** Texts of chats and their list in English. */

import type { ChatTexts } from "./ja";

export const en: ChatTexts = {
  list: "Chats",
  days: { today: "Today", yesterday: "Yesterday", week: "Last 7 days" },
  month: (year, month) => `${year}-${month.padStart(2, "0")}`,
  pinned: "Pinned",
  folders: "Folders",
  empty: "No chats yet.",
  loadFailed: "The list of chats could not be read.",
  retry: "Read again",
  kept: "Chats are kept on this server.",
  menu: (title) => `More about “${title}”`,

  search: {
    label: "Search chats",
    clear: "End the search",
    results: "Search results",
    found: (count) => `${count} found`,
    many: (count) => `more than ${count} found`,
    none: "Nothing was found.",
    next: "Show more",
  },
  renameLabel: "Name of the chat",
  folderMenu: (name) => `More about the folder “${name}”`,
  shared: "Shared",
  removed: (title) => `“${title}” is in the trash.`,
  lost: (title) => `“${title}” was moved to the trash elsewhere, or is not shared any more.`,

  manage: "Manage chats",
  earlier: "Show what was said before",
  readOnly: (name) => `${name} shares this chat with you. You can read it only.`,
  somebody: "Somebody",
};
