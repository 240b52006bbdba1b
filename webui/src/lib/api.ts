/** The server's routes, as functions. Addresses are relative to the page. */

import type { Failure, Language, Status } from "./types";

/** A request that failed, by the server's own code or one of `unreachable`, `connection_lost`. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number | null;

  constructor(code: string, message: string, status: number | null = null) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** The server is not there or is just starting: worth waiting for. */
  get unreachable(): boolean {
    return this.code === "unreachable" || this.code === "connection_lost";
  }

  toFailure(): Failure {
    return { code: this.code, message: this.message || null };
  }
}

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
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError("unreachable", "");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function getStatus(language: Language): Promise<Status> {
  const response = await request("api/status", language);
  return (await response.json()) as Status;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** The error in OpenAI's envelope, `{"error": {"code", "message", …}}`. */
export function parseEnvelope(value: unknown, status: number | null = null): ApiError | null {
  if (!isRecord(value) || !isRecord(value.error)) return null;
  const { code, type, message } = value.error;
  const name = typeof code === "string" ? code : typeof type === "string" ? type : "server_error";
  return new ApiError(name, typeof message === "string" ? message : "", status);
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return (
    parseEnvelope(body, response.status) ??
    // Not our envelope: a proxy between us and a server that is away.
    new ApiError(response.status >= 502 ? "unreachable" : `http_${response.status}`, "", response.status)
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
