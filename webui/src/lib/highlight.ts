/** Highlighting of code, loaded when the first code block needs it. */

/** HTML of the code with its parts marked, or null for a language that is not known. */
export async function highlight(code: string, language: string): Promise<string | null> {
  if (language === "") return null;
  const { highlightSync } = await import("./highlighter");
  return highlightSync(code, language);
}
