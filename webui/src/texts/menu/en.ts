import type { MenuTexts } from "./ja";

export const en: MenuTexts = {
  menu: {
    account: "Account",
    work: { templates: "Templates", compare: "Compare models", preferences: "How to answer" },
    admin: "Administration",
    audit: "Audit log",
    setup: "Make accounts, to share this server",
    shortcuts: "Keyboard shortcuts",
    signOut: "Sign out",
    roles: { user: "User", manager: "Group manager", admin: "Administrator", auditor: "Auditor" },
  },

  shortcuts: {
    title: "What the keyboard can do",
    anywhere: "Anywhere",
    composer: "In the message field",
    meanings: {
      new: "New chat",
      search: "Find (chats; sections, people, keys in administration)",
      composer: "Go to the message field",
      sidebar: "Go to the list of chats",
      settings: "Open the settings",
      help: "Open this list",
    },
    send: "Send",
    newLine: "New line",
    stop: "Stop the answer",
  },

  settings: {
    language: "Language",
    theme: "Colours",
    themes: { auto: "Automatic", light: "Light", dark: "Dark" },
    contrast: "Contrast",
    contrasts: { auto: "Automatic", more: "High" },
    textSize: "Text size",
    textSizes: { small: "Small", normal: "Normal", large: "Large", larger: "Larger" },
    sendKey: "Key that sends",
    sendKeys: { enter: "Enter", "ctrl-enter": "Ctrl + Enter" },
    sendKeyHelp: "The Enter that ends a conversion never sends.",
    version: (version) => `jimae ${version}`,
  },
};
