/** The server's routes, as functions. Addresses are relative to the page. */

import type { Language, Status } from "./types";

/** A request that failed, by the server's own code or one of `unreachable`, `connection_lost`. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number | null;
  /** The field of the request that was wrong. */
  readonly param: string | null;
  /** Seconds until it is worth trying again. */
  readonly retryAfter: number | null;

  constructor(
    code: string,
    message: string,
    status: number | null = null,
    param: string | null = null,
    retryAfter: number | null = null,
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  /** The server is not there or is just starting: worth waiting for. */
  get unreachable(): boolean {
    return this.code === "unreachable" || this.code === "connection_lost";
  }
}

/** What the session adds to every request, and hears from every answer. */
export const access = {
  /** Goes with whatever changes something; the server tells it with the session. */
  csrf: null as string | null,
  /** Nobody is signed in any more: it ended, or was ended from elsewhere. */
  onSignedOut: (): void => undefined,
};

const CSRF_HEADER = "X-JIMAE-CSRF";
const SAFE = ["GET", "HEAD"];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export function address(path: string, base: string = document.baseURI): string {
  return new URL(path, base).href;
}

/** fetch that throws ApiError for everything but success and abort. */
export async function request(
  path: string,
  language: Language,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Accept-Language", language);
  if (access.csrf !== null && !SAFE.includes(init.method ?? "GET")) {
    headers.set(CSRF_HEADER, access.csrf);
  }
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError("unreachable", "");
  }
  if (!response.ok) {
    if (response.status === 401) access.onSignedOut();
    throw await errorOf(response);
  }
  return response;
}

/** Send JSON, if anything, and read JSON, if there is any. */
export async function call<T>(
  method: Method,
  path: string,
  language: Language,
  body?: object,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await request(path, language, init);
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text)) as T;
}

export async function getStatus(language: Language): Promise<Status> {
  const response = await request("api/status", language);
  return (await response.json()) as Status;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** The error in OpenAI's envelope, `{"error": {"code", "message", …}}`. */
export function parseEnvelope(
  value: unknown,
  status: number | null = null,
  retryAfter: number | null = null,
): ApiError | null {
  if (!isRecord(value) || !isRecord(value.error)) return null;
  const { code, type, message, param } = value.error;
  const name = typeof code === "string" ? code : typeof type === "string" ? type : "server_error";
  return new ApiError(
    name,
    typeof message === "string" ? message : "",
    status,
    typeof param === "string" ? param : null,
    retryAfter,
  );
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const after = Number(response.headers.get("Retry-After"));
  return (
    parseEnvelope(body, response.status, after > 0 ? after : null) ??
    // Not our envelope: a proxy between us and a server that is away.
    new ApiError(response.status >= 502 ? "unreachable" : `http_${response.status}`, "", response.status)
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
