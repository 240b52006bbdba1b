// Fails when what the page needs before it can be used has grown too large:
// the scripts and styles that index.html names, gzipped. Chunks that are loaded
// later (such as code highlighting) do not count.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 62;
const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const files = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]);
if (files.length === 0) throw new Error("dist/index.html names no scripts: was the page built?");

const sizes = files.map((file) => [file, gzipSync(readFileSync(new URL(file, dist))).length / 1000]);
const total = sizes.reduce((sum, [, kb]) => sum + kb, 0);
for (const [file, kb] of sizes) console.log(`${kb.toFixed(1).padStart(7)} KB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KB  of ${LIMIT_KB} KB, gzipped`);
if (total > LIMIT_KB) {
  console.error(`The entry bundle is ${(total - LIMIT_KB).toFixed(1)} KB too large. Load something later.`);
  process.exit(1);
}
