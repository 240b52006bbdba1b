import { describe, expect, test } from "vitest";
import { isConversion, sends } from "../../src/lib/ime";
import type { SendKey } from "../../src/lib/types";

/** What browsers fire when にほん is converted to 日本, confirmed by Enter, and Enter is pressed again. */
type Step = [type: string, init?: KeyboardEventInit & { keyCode?: number }];

const START: Step[] = [
  ["keydown", { key: "Process", keyCode: 229 }],
  ["compositionstart"],
  ["compositionupdate"],
  ["keydown", { key: " ", keyCode: 229, isComposing: true }],
  ["compositionupdate"],
];
const SECOND_ENTER: Step[] = [
  ["keydown", { key: "Enter", keyCode: 13 }],
  ["keyup", { key: "Enter", keyCode: 13 }],
];
const SEQUENCES: Record<string, Step[]> = {
  Chrome: [
    ...START,
    ["keydown", { key: "Enter", keyCode: 229, isComposing: true }],
    ["compositionend"],
    ["keyup", { key: "Enter", keyCode: 13 }],
    ...SECOND_ENTER,
  ],
  "Chrome on Windows": [
    ...START,
    ["keydown", { key: "Process", keyCode: 229, isComposing: true }],
    ["compositionend"],
    ["keyup", { key: "Enter", keyCode: 13 }],
    ...SECOND_ENTER,
  ],
  // Safari ends the composition first: its Enter is told apart by keyCode alone.
  Safari: [
    ...START,
    ["compositionend"],
    ["keydown", { key: "Enter", keyCode: 229, isComposing: false }],
    ["keyup", { key: "Enter", keyCode: 13 }],
    ...SECOND_ENTER,
  ],
  Firefox: [
    ...START,
    ["keydown", { key: "Enter", keyCode: 13, isComposing: true }],
    ["compositionend"],
    ["keyup", { key: "Enter", keyCode: 13, isComposing: false }],
    ...SECOND_ENTER,
  ],
};

function eventOf([type, init = {}]: Step): Event {
  if (!type.startsWith("key")) return new CompositionEvent(type, { bubbles: true });
  return new KeyboardEvent(type, { bubbles: true, ...init });
}

/** At which steps a field with our handler would have sent. */
function sentAt(steps: Step[], sendKey: SendKey): number[] {
  const field = document.createElement("textarea");
  const sent: number[] = [];
  let at = 0;
  field.addEventListener("keydown", (event) => {
    if (sends(event, sendKey)) sent.push(at);
  });
  for (const step of steps) {
    field.dispatchEvent(eventOf(step));
    at += 1;
  }
  return sent;
}

describe.each(Object.entries(SEQUENCES))("%s", (_, steps) => {
  test("the Enter that ends a conversion does not send, the next one does", () => {
    expect(sentAt(steps, "enter")).toEqual([steps.length - 2]);
  });

  test("with Ctrl+Enter chosen, no Enter alone sends", () => {
    expect(sentAt(steps, "ctrl-enter")).toEqual([]);
  });
});

const enter = (init: KeyboardEventInit = {}): KeyboardEvent =>
  new KeyboardEvent("keydown", { key: "Enter", ...init });

test.each([
  ["Shift", { shiftKey: true }],
  ["Alt", { altKey: true }],
])("%s+Enter is a new line", (_, init) => {
  expect(sends(enter(init), "enter")).toBe(false);
});

test.each([{ ctrlKey: true }, { metaKey: true }])("Ctrl or Command with Enter always sends", (init) => {
  expect(sends(enter(init), "enter")).toBe(true);
  expect(sends(enter(init), "ctrl-enter")).toBe(true);
});

test("Ctrl+Enter in the middle of a conversion does not send", () => {
  expect(sends(enter({ ctrlKey: true, isComposing: true }), "ctrl-enter")).toBe(false);
});

test("Escape that cancels a conversion belongs to the input method", () => {
  expect(isConversion(new KeyboardEvent("keydown", { key: "Escape", isComposing: true }))).toBe(true);
  expect(isConversion(new KeyboardEvent("keydown", { key: "Escape" }))).toBe(false);
});
