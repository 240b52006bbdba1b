/**
 * The document that draws diagrams, and mermaid itself, beside the page.
 *
 * Its scripts are classic ones, as they are: a document without an origin may not load modules.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const MERMAID = createRequire(import.meta.url).resolve("mermaid/dist/mermaid.min.js");
const FILES: Record<string, [string, string]> = {
  "diagrams/diagram.html": [new URL("diagrams/diagram.html", import.meta.url).pathname, "text/html"],
  "diagrams/diagram.js": [new URL("diagrams/diagram.js", import.meta.url).pathname, "text/javascript"],
  "diagrams/mermaid.js": [MERMAID, "text/javascript"],
};

export function diagrams(): Plugin {
  return {
    name: "jimae-diagrams",
    generateBundle() {
      for (const [fileName, [path]] of Object.entries(FILES)) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(path) });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const file = FILES[(request.url ?? "").replace(/^\//, "").replace(/\?.*$/, "")];
        if (file === undefined) return next();
        response.setHeader("Content-Type", `${file[1]}; charset=utf-8`);
        response.end(readFileSync(file[0]));
      });
    },
  };
}
