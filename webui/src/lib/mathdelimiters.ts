/**
 * Where formulas are in a Markdown text: a plugin of markdown-it.
 *
 *     \( … \)   \[ … \]   $$ … $$     always a formula
 *     $ … $                           only where it can be nothing else
 *
 * A formula comes out as `<code class="math">` or `<div class="math-block"><code>` with its
 * TeX as text, which can be read as it is; `mathml` turns it into MathML.
 */

import type { StateBlock, StateInline } from "markdown-it";
import type createMarkdownIt from "markdown-it";

type MarkdownIt = ReturnType<typeof createMarkdownIt>;

/** Longer is not a formula but a missing end. */
const LONGEST = 4_000;

const PAIRS = [
  { open: "\\[", close: "\\]", display: true },
  { open: "\\(", close: "\\)", display: false },
  { open: "$$", close: "$$", display: true },
] as const;
const FENCES = PAIRS.filter((pair) => pair.display);

/** Words that are names of functions; any other run of letters is prose or a variable of a shell. */
const FUNCTIONS = /\b(?:sin|cos|tan|log|exp|lim|max|min|mod|gcd|det|dim|ker|arg|sup|inf)\b/g;

export function mathDelimiters(md: MarkdownIt): void {
  md.inline.ruler.before("escape", "math", inlineMath);
  md.block.ruler.before("fence", "math", blockMath, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
  md.renderer.rules.math_inline = (tokens, index) =>
    `<code class="math">${md.utils.escapeHtml(tokens[index]!.content)}</code>`;
  md.renderer.rules.math_block = (tokens, index) =>
    `<div class="math-block" tabindex="0"><code>${md.utils.escapeHtml(tokens[index]!.content)}</code></div>\n`;
}

/** Whether what stands between two single dollar signs is a formula and never a price. */
export function isCertainlyMath(content: string, before: string, after: string): boolean {
  if (/[\p{L}\p{N}$\\]$/u.test(before) || /^[\p{L}\p{N}$]/u.test(after)) return false;
  if (content === "" || /^\s|\s$|[\n`$]/.test(content)) return false;
  const bare = content
    .replace(/\\(?:text|mathrm|textrm|operatorname)\s*\{[^{}]*\}/g, "\\x")
    .replace(FUNCTIONS, "\\x");
  // Greek and signs of mathematics are fine; kana, kanji and full-width signs are prose.
  if (/[^\x20-\x7e\u00b0-\u00f7\u0370-\u03ff\u2000-\u22ff]/.test(bare)) return false;
  if (/[A-Za-z]{3,}/.test(bare.replace(/\\[A-Za-z]+/g, " "))) return false;
  return (
    /\\[A-Za-z]/.test(bare) ||
    /^[A-Za-z\u0370-\u03ff]'*$/.test(bare) ||
    (/[A-Za-z\u0370-\u03ff)}\]]\s*(?:[\^_=<>+*/]|-|[\u2190-\u22ff])/.test(bare) &&
      /[\^_=<>+\-*/\u2190-\u22ff]\s*\S/.test(bare))
  );
}

function inlineMath(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  const first = src[pos];
  if (first !== "\\" && first !== "$") return false;
  const pair = PAIRS.find(({ open }) => src.startsWith(open, pos));
  if (pair !== undefined) {
    const start = pos + pair.open.length;
    const end = src.indexOf(pair.close, start);
    if (end < 0 || end + pair.close.length > posMax || end - start > LONGEST) return false;
    if (src.slice(start, end).trim() === "") return false;
    push(state, src.slice(start, end), silent);
    state.pos = end + pair.close.length;
    return true;
  }
  if (first !== "$") return false;
  const end = src.indexOf("$", pos + 1);
  if (end < 0 || end >= posMax || end - pos > LONGEST) return false;
  const content = src.slice(pos + 1, end);
  if (!isCertainlyMath(content, src.slice(0, pos), src.slice(end + 1))) return false;
  push(state, content, silent);
  state.pos = end + 1;
  return true;
}

function push(state: StateInline, content: string, silent: boolean): void {
  if (silent) return;
  state.push("math_inline", "code", 0).content = content.trim();
}

/**
 * A formula on lines of its own. One whose opening sign stands alone reaches, like a fence of
 * code, to its closing sign or to the end: so a growing answer is not cut at its empty lines.
 */
function blockMath(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const first = line(state, startLine).trim();
  const pair = FENCES.find(({ open }) => first.startsWith(open));
  if (pair === undefined) return false;
  const alone = first === pair.open;
  const lines = [first.slice(pair.open.length)];
  let next = startLine;
  while (!lines.at(-1)!.trimEnd().endsWith(pair.close)) {
    next += 1;
    const ended = next >= endLine || state.sCount[next]! < state.blkIndent;
    if (ended && alone) break;
    if (ended || (!alone && state.isEmpty(next))) return false;
    lines.push(line(state, next));
  }
  const closed = lines.at(-1)!.trimEnd().endsWith(pair.close);
  if (silent) return true;
  const text = lines.join("\n").trimEnd();
  const token = state.push("math_block", "div", 0);
  token.block = true;
  token.content = (closed ? text.slice(0, -pair.close.length) : text).trim();
  state.line = Math.min(next + 1, endLine);
  token.map = [startLine, state.line];
  return true;
}

function line(state: StateBlock, number: number): string {
  return state.src.slice(state.bMarks[number]! + state.tShift[number]!, state.eMarks[number]);
}
