import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { diagrams } from "./vite.diagrams.ts";

// Where the API is while developing; scripts/dev sets it.
const api = process.env.API_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative, so that the page works under any path of a reverse proxy.
  base: "./",
  plugins: [svelte(), diagrams()],
  build: {
    target: "es2022",
    // The content security policy of the server knows no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What shows a conversation comes as one, and not as a file for each of its parts.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: "turns", test: /components\/(Turns|Markdown|CopyButton|WaitNote)|texts\/answers/ }],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": api, "/api": api, "/health": api },
  },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
  },
});
