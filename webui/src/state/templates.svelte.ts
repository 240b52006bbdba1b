/** The templates that somebody can use, and changing their own. */

import type { Template, TemplateFile, TemplateForm } from "../lib/templates";
import { ask, Remote } from "./remote.svelte";

const PATH = "jimae/templates";

interface List {
  data: Template[];
}

class Templates {
  readonly #list = new Remote<List>(() => PATH);

  get all(): readonly Template[] {
    return this.#list.value?.data ?? [];
  }
  get failure() {
    return this.#list.failure;
  }
  get loading(): boolean {
    return this.#list.loading;
  }

  refresh(): Promise<void> {
    return this.#list.refresh();
  }

  /** Keep a template: a new one, or what `id` is from now on. Throws ApiError. */
  async save(id: string | null, form: TemplateForm, group: string | null): Promise<Template> {
    const { title, description, body, fields } = form;
    const path = id === null ? PATH : `${PATH}/${id}`;
    const kept = await ask<Template>("POST", path, { title, description, body, fields, group });
    await this.refresh();
    return kept;
  }

  async remove(id: string): Promise<void> {
    await ask("DELETE", `${PATH}/${id}`);
    await this.refresh();
  }

  export(): Promise<TemplateFile> {
    return ask<TemplateFile>("GET", `${PATH}/export`);
  }

  /** Add what a file holds; returns how many there were. */
  async import(file: TemplateFile): Promise<number> {
    const added = await ask<List>("POST", `${PATH}/import`, file);
    await this.refresh();
    return added.data.length;
  }
}

export const templates = new Templates();
