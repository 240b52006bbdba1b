/**
 * Diagrams of mermaid's, drawn in a frame that has no rights and shown as images.
 *
 * mermaid writes styles that the page's policy forbids, and has had holes. So it runs in a
 * sandboxed document of its own, whose policy lets nothing be loaded; what comes back is data for
 * an `<img>`, where no script runs and no link works. One frame draws all diagrams in turn and
 * goes when it hangs or is not needed any more.
 */

import { address } from "./api";

export interface Diagram {
  /** The address of the image: its data. */
  url: string;
  /** Pixels. */
  width: number;
}

const LARGEST_SOURCE = 20_000;
const LARGEST_SVG = 2_000_000;
const START_MS = 10_000;
const DRAW_MS = 5_000;
const IDLE_MS = 60_000;
/** What could make a drawing load something, or is HTML: such a source stays text. */
const REACHES_OUT = /url\s*\(|@import|image-set|\bimg\s*:|\bsrc\s*=|\bhref|\\|&|#\w+;/i;
const HTML = /<[a-z/!?]/i;
/** What looks like it and is not: a line break, and a stereotype of UML. */
const NOT_HTML = /<br\s*\/?>|<<[\w ]+>>/gi;

let frame: Promise<HTMLIFrameElement> | null = null;
let queue: Promise<unknown> = Promise.resolve();
let drawings = 0;
let idle: ReturnType<typeof setTimeout> | undefined;

/** The source without what configures mermaid instead of describing a diagram. */
export function plainSource(source: string): string | null {
  const plain = source
    .replace(/^\s*---\n[\s\S]*?\n---[^\S\n]*\n/, "")
    .replace(/%%\{[\s\S]*?\}%%/g, "")
    .replace(/^[^\S\n]*(?:click|callback|link|links)\s.*$/gm, "");
  if (plain.length > LARGEST_SOURCE || REACHES_OUT.test(plain)) return null;
  return HTML.test(plain.replace(NOT_HTML, "")) ? null : plain;
}

/** Draw it; null for what cannot be drawn, or not in time. */
export function draw(source: string, dark: boolean): Promise<Diagram | null> {
  const plain = plainSource(source);
  if (plain === null) return Promise.resolve(null);
  const drawn = queue.then(() => drawNow(plain, dark).catch(() => null));
  queue = drawn;
  return drawn;
}

async function drawNow(source: string, dark: boolean): Promise<Diagram | null> {
  clearTimeout(idle);
  frame ??= open();
  try {
    const target = (await frame).contentWindow!;
    const id = (drawings += 1);
    const answer = heard(target, DRAW_MS, (data) => data.id === id);
    // A frame without an origin cannot be addressed by one.
    target.postMessage({ id, source, dark }, "*");
    const { svg } = await answer;
    return typeof svg === "string" && svg.length <= LARGEST_SVG ? imageOf(svg) : null;
  } catch (error) {
    close();
    throw error;
  } finally {
    idle = setTimeout(close, IDLE_MS);
  }
}

async function open(): Promise<HTMLIFrameElement> {
  const element = document.createElement("iframe");
  element.setAttribute("sandbox", "allow-scripts");
  element.className = "drawing-frame";
  element.title = "";
  element.tabIndex = -1;
  element.setAttribute("aria-hidden", "true");
  element.src = address("diagrams/diagram.html");
  document.body.append(element);
  try {
    await heard(element.contentWindow!, START_MS, (data) => data.ready === true);
    return element;
  } catch (error) {
    element.remove();
    throw error;
  }
}

function close(): void {
  const old = frame;
  frame = null;
  void old?.then(
    (element) => element.remove(),
    () => null,
  );
}

type Heard = Record<string, unknown>;

/** The next message of the frame that fits, or an error after that time. */
function heard(from: Window, ms: number, fits: (data: Heard) => boolean): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      removeEventListener("message", listen);
      clearTimeout(timer);
    };
    const listen = ({ source, data }: MessageEvent<unknown>): void => {
      if (source !== from || typeof data !== "object" || data === null) return;
      if (!fits(data as Heard)) return;
      stop();
      resolve(data as Heard);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error("no answer in time"));
    }, ms);
    addEventListener("message", listen);
  });
}

function imageOf(svg: string): Diagram {
  const width = Number(/viewBox="[-\d.]+ [-\d.]+ ([\d.]+)/.exec(svg)?.[1] ?? 600);
  const box = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg);
  // An image needs a size of its own: mermaid's is that of its container.
  const sized = box
    ? svg.replace(/^<svg([^>]*?)\swidth="[^"]*"/, `<svg$1 width="${box[1]}" height="${box[2]}"`)
    : svg;
  return { url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(sized)}`, width };
}
