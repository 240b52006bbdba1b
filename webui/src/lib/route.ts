/**
 * Where in the page somebody is: the part of the address after `#`.
 *
 * `#/admin/people?search=abe` is `{ parts: ["admin", "people"], query: { search: "abe" } }`.
 * Only that part changes, so the page works under any path of a reverse proxy.
 */

export interface Route {
  parts: readonly string[];
  query: Readonly<Record<string, string>>;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return {
    parts: path.split("/").filter((part) => part !== "").map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The address of a place in the page, for a link. Empty values of the query are left out. */
export function link(parts: readonly string[], query: Record<string, string> = {}): string {
  const said = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const tail = said.size > 0 ? `?${said}` : "";
  return `#/${parts.map(encodeURIComponent).join("/")}${tail}`;
}

/** A broken escape in an address is a place that there is not, and no error of the page. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
