/**
 * Formulas as MathML: KaTeX, loaded with the first formula.
 *
 * MathML alone needs neither a style nor a font of its own, so the page's policy stays as
 * strict as it is. What KaTeX makes is sanitised like everything else.
 */

import DOMPurify from "dompurify";
import katex from "katex";

const SANITIZE = {
  ALLOWED_TAGS: [
    ...["span", "math", "semantics", "annotation", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace"],
    ...["msup", "msub", "msubsup", "mover", "munder", "munderover", "mmultiscripts", "mprescripts"],
    ...["mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd", "mlabeledtr", "mstyle", "mpadded"],
    ...["mphantom", "menclose", "none"],
  ],
  ALLOWED_ATTR: [
    ...["class", "xmlns", "encoding", "display", "displaystyle", "scriptlevel", "mathvariant"],
    ...["mathcolor", "mathbackground", "mathsize", "stretchy", "fence", "separator", "form"],
    ...["symmetric", "largeop", "movablelimits", "accent", "accentunder", "lspace", "rspace"],
    ...["minsize", "maxsize", "width", "height", "depth", "voffset", "linethickness", "notation"],
    ...["columnalign", "rowalign", "columnspacing", "rowspacing", "columnlines", "rowlines", "side"],
  ],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** Safe MathML of a formula in TeX, or null for one that cannot be read. */
export function mathml(tex: string, display: boolean): string | null {
  try {
    const html = katex.renderToString(tex, {
      output: "mathml",
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand: 500,
      maxSize: 20,
    });
    return DOMPurify.sanitize(html.replace(/ style="[^"]*"/g, ""), SANITIZE);
  } catch {
    return null;
  }
}
