import type { GateTexts } from "./ja";

export const en: GateTexts = {
  signIn: {
    title: "Sign in",
    again: "Your session has ended. Please sign in again; what you were writing is still here.",
    name: "Name",
    password: "Password",
    show: "Show the password",
    hide: "Hide the password",
    submit: "Sign in",
    working: "Checking",
    or: "or",
    provider: (name) => `Sign in with ${name}`,
    providerFailed: "Signing in elsewhere could not be completed. Please try again.",
    locked: (time) => `After several wrong attempts, please wait ${time}.`,
    unlocked: "You can try again now.",
    forgotten: "If you have forgotten your password, ask an administrator.",
    promise: "What you enter is not sent outside this server.",
  },

  password: {
    title: "Choose a new password",
    why: "Before you begin, please replace your password with one of your own.",
    current: "Current password",
    next: "New password",
    repeat: "New password, again",
    help: "Twelve characters or more are recommended. A long sentence is easy to remember.",
    differs: "The two new passwords are not the same.",
    submit: "Change and continue",
  },

  policy: {
    title: "Agree to the rules of use",
    intro: "Before you begin, please read these rules.",
    changed: "The rules have changed. Please read them before you continue.",
    version: (version) => `Version ${version}`,
    agree: "I have read the rules and will follow them.",
    submit: "Agree and continue",
  },

  setup: {
    title: "First, make an administrator",
    intro:
      "A code that can be used once is made in the terminal of the server. With it you make the account of the first administrator.",
    code: "One-time code",
    codeHelp: "Run jimae users setup-code in the terminal of the server: it shows the code.",
    name: "Administrator's name",
    nameHelp: "The name to sign in with, such as tanaka.",
    password: "Password",
    repeat: "Password, again",
    submit: "Make the administrator",
    step: (now, all) => `Step ${now} of ${all}`,
    later: "Not now",
  },

  choose: {
    title: "Choose a model",
    intro: "These models are on this server. You can change it at any time.",
    goodAt: "Good at",
    size: "Size",
    speed: "Speed on this machine",
    perSecond: (rate) => `${rate} tokens per second`,
    unmeasured: "Not measured yet",
    licence: "Licence",
    score: "Japanese score, Swallow",
    dialogue: "Japanese MT-Bench",
    submit: "Begin with this model",
    none: "There is no model yet.",
    more: "How to get more models",
    moreHelp: "Run this in the server's terminal. When it is done, the model appears here.",
    refresh: "Look again",
  },

  signedInAs: (name) => `Signed in as ${name}`,
  signOut: "Sign out",
};
