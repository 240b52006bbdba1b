import { mount } from "svelte";
import App from "./App.svelte";
import { registerOffline } from "./lib/offline";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, { target });

// What is asked next is to be seen even if the server goes away before it is.
void import("./components/Turns.svelte").catch(() => null);

registerOffline();
