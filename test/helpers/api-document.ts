import { BODIES, NAMED_IN_BODY, PATH_VALUES, QUERIES } from './api-samples.ts';
import type { TenantThings } from './tenant-rows.ts';

/** Part of JSON Schema that the document is made of. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

export type DocumentedAccess =
  | string
  | { readonly role: string; readonly scope: string; readonly installation?: boolean };

interface Documented {
  readonly 'x-access': DocumentedAccess;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** One operation of the document, and how to ask it. */
export interface Operation {
  /** `GET /hosts/{address}`. */
  readonly name: string;
  readonly method: string;
  readonly access: DocumentedAccess;
  readonly success: number;
  /** Whether it names things of one tenant. */
  readonly isAboutThings: boolean;
  /** What PATH_VALUES and QUERIES lack to ask it. */
  readonly missing: readonly string[];
  pathFor(things: TenantThings): string;
  bodyFor(things: TenantThings): unknown;
}

export function operationsOf(document: ApiDocument): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]) =>
      operationOf(document, { path, method: method.toUpperCase(), documented }),
    ),
  );
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly documented: Documented;
}

function operationOf(document: ApiDocument, { path, method, documented }: Place): Operation {
  const name = `${method} ${path}`;
  const keys = [...path.matchAll(/([\w-]+\/\{\w+\})/g)].map(([key]) => key);
  const needed = (documented.parameters ?? []).filter(
    (one) => one.in === 'query' && one.required === true,
  );
  const query = QUERIES[name];
  const schema = documented.requestBody?.content['application/json']?.schema;
  return {
    name,
    method,
    access: documented['x-access'],
    success: Number(Object.keys(documented.responses).find((status) => status !== 'default')),
    isAboutThings: keys.length > 0 || query !== undefined || NAMED_IN_BODY.includes(name),
    missing: [
      ...keys.filter((key) => PATH_VALUES[key] === undefined),
      ...(query === undefined ? needed.map((one) => `${name}?${one.name}`) : []),
    ],
    pathFor: (things) => {
      const filled = path.replaceAll(/([\w-]+\/)\{\w+\}/g, (key, before: string) => {
        const value = PATH_VALUES[key]?.(things) ?? '';
        return `${before}${encodeURIComponent(value)}`;
      });
      const text = new URLSearchParams(query?.(things) ?? {}).toString();
      return text === '' ? filled : `${filled}?${text}`;
    },
    bodyFor: (things) => {
      const given = BODIES[name];
      if (given !== undefined) return given(things);
      return schema === undefined ? undefined : exampleOf(document, schema);
    },
  };
}

/** What a schema at least asks for. */
function exampleOf(document: ApiDocument, given: Schema): unknown {
  const schema =
    given.$ref === undefined
      ? given
      : (document.components?.schemas?.[given.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first !== undefined) return exampleOf(document, first);
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  if (type === 'object') {
    const { properties = {}, required = [] } = schema;
    return Object.fromEntries(
      required.map((name) => [name, exampleOf(document, properties[name] ?? {})]),
    );
  }
  if (type === 'array') {
    return Array.from({ length: schema.minItems ?? 0 }, () =>
      exampleOf(document, schema.items ?? {}),
    );
  }
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
  return textOf(schema);
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-06-01T00:00:00Z',
  uuid: '00000000-0000-4000-8000-000000000000',
  email: 'someone@example.org',
  uri: 'https://example.org/',
};

function textOf({ format = '', minLength = 1 }: Schema): string {
  return FORMATS[format] ?? 'a'.repeat(Math.max(1, minLength));
}
