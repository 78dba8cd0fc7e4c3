import type { z } from 'zod';
import type { Access, Caller } from './caller.ts';
import type { Mine } from './mine.ts';
import type { Service } from './service.ts';

type Fields = z.ZodObject | undefined;
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** An answer may be made of what nobody may change. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Frozen<T[Name]> }
    : T;

/** What a handler is given: all of it validated. */
export interface Asked<Params extends Fields, Query extends Fields, Body> {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  /** Reads the body of a route with `upload`, as it came. Throws API_TOO_LARGE, API_INVALID. */
  readonly upload: () => Promise<Uint8Array>;
  readonly caller: Caller;
  /** The caller's own part of the store. */
  readonly mine: Mine;
  readonly service: Service;
  /** Address that the request came from. */
  readonly source: string | null;
  /** A header of the request. */
  readonly header: (name: string) => string | undefined;
  /** Whether the caller may still do this: keys and sessions end while an answer goes on. */
  readonly stillAllowed: () => Promise<boolean>;
  readonly signal: AbortSignal;
  readonly now: number;
}

/** A body that is taken as bytes. */
export interface Upload {
  readonly maxBytes: number;
  /** What is in it, for the document. */
  readonly schema: z.ZodType;
}

/**
 * One operation of the HTTP API: what it takes and gives as schemas (the OpenAPI document is made of
 * them), and whom it serves. Paths are below `/api/v1`, parameters in braces. An expected failure is
 * thrown as a PosternError; `problem.ts` knows its status.
 */
export interface Route<
  Params extends Fields = Fields,
  Query extends Fields = Fields,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: `/${string}`;
  /** Groups operations in the document. */
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Its body is no JSON of one megabyte, and read by the handler; no parameters in its path. */
  readonly upload?: Upload;
  readonly answer: Answer;
  /** Of success; default 200. */
  readonly status?: 200 | 201 | 202;
  /** Media type of an answer that is no JSON object: a stream, a download. `handle` gives the Response. */
  readonly produces?: string;
  handle(asked: Asked<Params, Query, Body>): Promise<Frozen<z.input<Answer>> | Response>;
}

/** Keeps the types of a route's parts together. */
export function route<
  Params extends Fields = undefined,
  Query extends Fields = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType = z.ZodType,
>(definition: Route<Params, Query, Body, Answer>): Route {
  return definition;
}
