/** Every text of the page in English. */

import type { Texts } from "./ja";

export const en: Texts = {
  skipToComposer: "Skip to the message field",
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  skipToContent: "Skip to the content",
  backToChat: "Back to the chat",
  settings: "Settings",

  table: {
    actions: "Actions",
    more: "Show more",
    loading: "Loading",
    asTable: "Show the figures",
  },

  frame: {
    stale: "A part of the page could not be loaded. The server may have been updated.",
    reload: "Reload",
  },

  sidebar: {
    label: "Chats",
    open: "Open the list of chats",
    close: "Close the list of chats",
    newChat: "New chat",
    untitled: "New chat",
    running: "Answering",
  },

  mode: {
    singleUser: "This server can only be used from this computer (no sign-in)",
  },

  model: {
    label: "Model",
    choose: "Choose a model:",
    compare: "Compare models",
    none: "No model available",
    noneHelp: "Run jimae pull on the server to get one.",
    states: {
      available: "Loads with the first question",
      loading: "Loading",
      ready: "Ready",
      restarting: "Restarting",
      failed: "Could not be loaded",
      closed: "Stopped",
    },
    default: "Default",
    context: (tokens) => `Up to ${tokens} tokens at once`,
  },

  empty: {
    greeting: "What shall we do today?",
    promise: "What you write does not leave this server.",
    starters: "Often asked for",
  },

  composer: {
    label: "Message",
    placeholder: "Ask or request something",
    send: "Send",
    stop: "Stop",
    hints: {
      enter: "Enter sends · Shift + Enter for a new line",
      "ctrl-enter": "Ctrl + Enter sends · Enter for a new line",
    },
    caution: "Answers can be wrong. Check what matters.",
  },

  conversation: {
    label: "Conversation",
    toLatest: "To the latest",
    you: "You",
    answer: "Answer",
  },

  answer: {
    copy: "Copy",
    copyAnswer: "Copy the answer",
    copyCode: "Copy the code",
    copied: "Copied",
    copyFailed: "Could not be copied",
    again: "Try again",
    regenerate: "Answer anew",
    table: "Table",
    code: "Code",
    stopped: "Stopped here.",
    cut: "The answer broke off here.",
    length: "Cut off here: the greatest length was reached.",
    ended: "The answer is complete.",
    tokens: (tokens) => `${tokens} tokens`,
    speed: (rate) => `${rate} per second`,
  },

  wait: {
    sent: "Sent",
    queued: (position) => `Waiting in the queue (number ${position})`,
    queuedFor: (position, time) => `Waiting in the queue (number ${position}, about ${time})`,
    prefill: (percent) => `Reading the text: ${percent}%`,
    loading: "Loading the model",
    loadingFor: (time) => `Loading the model (about ${time} left)`,
    writing: "Thinking",
  },

  time: {
    seconds: (count) => `${count} s`,
    minutes: (count) => `${count} min`,
  },

  server: {
    lost: "The server cannot be reached",
    lostHelp: "It may be restarting. This page keeps checking by itself. What you wrote is still here.",
    back: "The server is back.",
  },

  errors: {
    unreachable: "The server could not be reached.",
    connection_lost: "The connection broke off in the middle of the answer.",
    unknown: "Something went wrong on the server.",
  },
  errorCode: (code) => `Code: ${code}`,
};
