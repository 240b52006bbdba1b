import { mount } from "svelte";
import App from "./App.svelte";
import { registerOffline } from "./lib/offline";
import { loadRenderer } from "./lib/renderer";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";
import "./styles/prose.css";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, { target });

registerOffline();

// The first answer will want it; a failure is met again, and told, there.
void loadRenderer().catch(() => null);
