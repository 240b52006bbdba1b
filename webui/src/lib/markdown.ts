/**
 * Markdown of answers as safe HTML.
 *
 * Three walls stand between an answer and the page: raw HTML is not read as HTML,
 * links lead only to http, https and mailto, and what comes out is sanitised
 * against a list of allowed tags. Images are never loaded; their place is taken
 * by a link. Nothing carries a `style`, which the server's policy forbids.
 */

import DOMPurify from "dompurify";
import MarkdownIt, { type StateCore, type Token } from "markdown-it";
import cjkFriendly from "markdown-it-cjk-friendly";
import { mathDelimiters } from "./mathdelimiters";

export type Env = Record<string, unknown>;

const SAFE_LINK = /^(?:https?:\/\/|mailto:)/i;

const md = MarkdownIt({ html: false, linkify: true, breaks: true })
  .use(cjkFriendly)
  .use(mathDelimiters);
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
md.validateLink = (url) => SAFE_LINK.test(url.trim());
md.core.ruler.push("jimae_links", showDestinations);
md.core.ruler.push("jimae_blocks", dressBlocks);
md.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index]!;
  return codeHtml(token.content, token.info);
};
md.renderer.rules.code_block = (tokens, index) => codeHtml(tokens[index]!.content, "");

const SANITIZE = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "a"],
    ...["ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"],
    ...["div", "span"],
  ],
  ALLOWED_ATTR: ["href", "title", "target", "rel", "class", "start", "tabindex"],
  ALLOWED_URI_REGEXP: SAFE_LINK,
  // Otherwise the pattern above would be asked of these too, and take them away.
  ADD_URI_SAFE_ATTR: ["rel", "target", "start", "tabindex"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/**
 * Safe HTML of a piece of Markdown. `env` carries link definitions and the levels of headings
 * from piece to piece.
 */
export function renderMarkdown(source: string, env: Env = {}): string {
  return DOMPurify.sanitize(md.render(source, env), SANITIZE);
}

/** The lines at which the top-level blocks of a text start, the first being 0. */
export function blockStarts(source: string): number[] {
  const starts = md
    .parse(source, {})
    .filter((token) => token.level === 0 && token.nesting >= 0 && token.map !== null)
    .map((token) => token.map![0]);
  return starts.length === 0 ? [] : [0, ...starts.slice(1)];
}

function codeHtml(code: string, info: string): string {
  const language = /^[\w+#.-]+/.exec(info.trim())?.[0] ?? "";
  const escaped = md.utils.escapeHtml(code);
  const name = `<span class="code-language">${md.utils.escapeHtml(language)}</span>`;
  return `<div class="code"><div class="code-bar">${name}</div><pre tabindex="0"><code>${escaped}</code></pre></div>\n`;
}

/** Headings start below the page's own and skip no level, tables scroll, alignment is a class. */
function dressBlocks(state: StateCore): void {
  const env = state.env as Env;
  for (const token of state.tokens) {
    if (token.type === "heading_open") {
      const level = Number(token.tag.slice(1));
      const top = Number((env.topHeading ??= level));
      const wanted = Math.min(6, Math.max(3, 3 + level - top));
      env.lastHeading = Math.min(wanted, Number(env.lastHeading ?? 2) + 1);
      token.tag = `h${env.lastHeading}`;
    } else if (token.type === "heading_close") {
      token.tag = `h${env.lastHeading}`;
    } else if (token.type === "th_open" || token.type === "td_open") {
      const side = /text-align:(\w+)/.exec(String(token.attrGet("style") ?? ""))?.[1];
      token.attrs = side === undefined ? null : [["class", `align-${side}`]];
    }
  }
}

md.renderer.rules.table_open = () =>
  '<div class="table-box"><div class="table" tabindex="0"><table>\n';
md.renderer.rules.table_close = () => "</table></div></div>\n";

/** Links open elsewhere and say where they lead; images become such links. */
function showDestinations(state: StateCore): void {
  for (const block of state.tokens) {
    if (block.children === null) continue;
    const shown: Token[] = [];
    let open: { href: string; text: string } | null = null;
    for (const token of block.children) {
      if (token.type === "image") {
        const href = String(token.attrGet("src") ?? "");
        const label = token.content || href;
        if (open === null) shown.push(...linkTokens(state, href, label));
        else shown.push(textToken(state, label));
        continue;
      }
      if (token.type === "link_open") {
        const href = String(token.attrGet("href") ?? "");
        open = { href, text: "" };
        token.attrs = linkAttributes(href);
      } else if (open !== null && (token.type === "text" || token.type === "code_inline")) {
        open.text += token.content;
      }
      shown.push(token);
      if (token.type === "link_close" && open !== null) {
        shown.push(...hostTokens(state, open.href, open.text));
        open = null;
      }
    }
    block.children = shown;
  }
}

function linkTokens(state: StateCore, href: string, label: string): Token[] {
  const open = new state.Token("link_open", "a", 1);
  open.attrs = [...linkAttributes(href), ["class", "image-link"]];
  const close = new state.Token("link_close", "a", -1);
  return [open, textToken(state, label), close, ...hostTokens(state, href, label)];
}

function linkAttributes(href: string): [string, string][] {
  return [
    ["href", href],
    ["title", href],
    ["target", "_blank"],
    ["rel", "noopener noreferrer"],
  ];
}

/** The host of a link whose text does not name it. */
function hostTokens(state: StateCore, href: string, text: string): Token[] {
  const host = hostOf(href);
  if (host === "" || text.toLowerCase().includes(host.toLowerCase())) return [];
  const open = new state.Token("host_open", "span", 1);
  open.attrs = [["class", "link-host"]];
  const close = new state.Token("host_close", "span", -1);
  return [open, textToken(state, host), close];
}

function hostOf(href: string): string {
  try {
    const url = new URL(href);
    return url.protocol === "mailto:" ? url.pathname : url.host;
  } catch {
    return "";
  }
}

function textToken(state: StateCore, content: string): Token {
  const token = new state.Token("text", "", 0);
  token.content = content;
  return token;
}
