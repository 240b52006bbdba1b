import type { InputTexts } from "./ja";

export const en: InputTexts = {
  attach: "Attach files",
  templates: "Templates",
  attached: "Attached",
  removeAttachment: (name) => `Remove “${name}”`,
  pastedName: (number) => `Pasted text ${number}.txt`,
  tokens: (count) => `about ${count} tokens`,
  notText: (name) => `“${name}” is not a text file and cannot be attached.`,
  tooLarge: (name, limit) => `“${name}” is larger than ${limit} and cannot be attached.`,
  tooMany: (count) => `No more than ${count} files can be attached.`,
  tablePasted: "The table is now Markdown. Undo brings back what was pasted.",
  longPasted: (count) => `It has ${count} characters, so it became an attachment.`,
  tooLong: (tokens, context) =>
    `The question and its attachments have about ${tokens} tokens; this model reads at most ${context} at once. Shorten it, or ask in parts.`,
  personal: (kinds) => `Please check before sending: ${kinds}`,
  personalWord: (word) => `the word “${word}”`,
  personalActions: {
    warn: "It can be sent as it is.",
    mask: "It will be masked when sent.",
    refuse: "It cannot be sent like this.",
  },
  personalKinds: {
    my_number: "My Number",
    card: "card number",
    residence_card: "residence card number",
    passport: "passport number",
    bank_account: "bank account",
    phone: "phone number",
    mail: "mail address",
    address: "address",
    birth_date: "date of birth",
    name: "name",
    corporate_number: "corporate number",
  },
  drop: "Drop here to attach",
};
