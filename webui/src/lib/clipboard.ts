/** Putting text, and text with a form, on the clipboard. Each tells whether it got there. */

/** The same content twice: for programs that take formatted text, and for all others. */
export interface Rich {
  html: string;
  text: string;
}

export async function copyText(text: string): Promise<boolean> {
  // The clipboard interface exists only on secure origins: not over plain http in a house network.
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyByCommand({ "text/plain": text });
    }
  }
  return copyByCommand({ "text/plain": text });
}

export async function copyRich({ html, text }: Rich): Promise<boolean> {
  const types = { "text/html": html, "text/plain": text };
  if (navigator.clipboard?.write === undefined) return copyByCommand(types);
  try {
    const blobs = Object.entries(types).map(([type, data]) => [type, new Blob([data], { type })]);
    await navigator.clipboard.write([
      new ClipboardItem(Object.fromEntries(blobs) as Record<string, Blob>),
    ]);
    return true;
  } catch {
    return copyByCommand(types);
  }
}

/** The old way: a copy that the page itself asks for, and fills. */
function copyByCommand(types: Record<string, string>): boolean {
  const field = document.createElement("textarea");
  field.value = " ";
  field.className = "visually-hidden";
  field.setAttribute("aria-hidden", "true");
  const focused = document.activeElement;
  const fill = (event: ClipboardEvent): void => {
    for (const [type, data] of Object.entries(types)) event.clipboardData?.setData(type, data);
    event.preventDefault();
  };
  document.body.append(field);
  field.select();
  field.addEventListener("copy", fill, { once: true });
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
