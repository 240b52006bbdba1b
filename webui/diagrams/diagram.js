// Draws diagrams for the page, inside of a frame without any rights: it has no origin, may load
// nothing and knows nothing but the source that it is sent. What it answers is shown by the page
// as an image, in which nothing can run.
//
//     page → frame   { id, source, dark }
//     frame → page   { ready: true }   { id, svg }   { id, error }
"use strict";

const LARGEST_SOURCE = 20_000;

addEventListener("message", async ({ source: page, data }) => {
  if (page !== parent || typeof data?.source !== "string") return;
  const { id, source, dark } = data;
  try {
    if (source.length > LARGEST_SOURCE) throw new Error("too large");
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: dark ? "dark" : "neutral",
      fontFamily: "sans-serif",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      class: { htmlLabels: false },
      suppressErrorRendering: true,
      maxTextSize: LARGEST_SOURCE,
      maxEdges: 300,
    });
    const { svg } = await mermaid.render(`diagram-${id}`, source);
    // HTML's own spelling of a line break is not well-formed in an image.
    const drawn = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
    page.postMessage({ id, svg: new XMLSerializer().serializeToString(drawn) }, "*");
  } catch (error) {
    page.postMessage({ id, error: String(error?.message ?? error).slice(0, 500) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
