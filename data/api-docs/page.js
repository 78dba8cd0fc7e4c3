// The API's page: reads the OpenAPI document, lists what there is and sends what is filled in.

const DOCUMENT = '/api/v1/openapi.json';
/** Characters of an answer that are shown. */
const SHOWN = 200_000;

const $ = (id) => document.getElementById(id);

/** An element with text and children; nothing is ever read as HTML. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function resolved(api, schema) {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? (schema ?? {}) : api.components.schemas[name];
}

function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

function accessText(access) {
  if (access === 'anyone' || access === undefined) return 'For everybody.';
  if (typeof access === 'string') return `For ${access}s.`;
  const where = access.installation ? ' of the installation' : '';
  return `For ${access.role}s${where} and above; a key needs the scope "${access.scope}".`;
}

/** A body to begin with: every property that must be there. */
function exampleOf(api, given, depth = 0) {
  const schema = resolved(api, given);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first !== undefined) return exampleOf(api, first, depth);
  const type = [schema.type].flat()[0];
  if (type === 'array') return [];
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return schema.minimum ?? 0;
  if (type !== 'object') return schema.format === 'date-time' ? new Date().toISOString() : '';
  if (depth > 4) return {};
  const needed = schema.required ?? Object.keys(schema.properties ?? {});
  return Object.fromEntries(
    needed.map((name) => [name, exampleOf(api, schema.properties?.[name], depth + 1)]),
  );
}

function field(api, { name, required, schema: given, description }) {
  const schema = resolved(api, given);
  const control =
    schema.enum === undefined
      ? element('input', { name, required, placeholder: String(schema.default ?? '') })
      : element(
          'select',
          { name },
          ...['', ...schema.enum].map((value) => element('option', { value, textContent: value })),
        );
  const id = `f-${crypto.randomUUID()}`;
  control.id = id;
  const says = description ?? schema.description ?? '';
  return [
    element('label', { htmlFor: id, textContent: required ? `${name} *` : name }),
    element('div', {}, control, element('small', { textContent: says })),
  ];
}

function requestOf({ method, path, operation }, form) {
  const values = new FormData(form);
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of operation.parameters ?? []) {
    const value = String(values.get(name) ?? '');
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === 'query' && value !== '') query.set(name, value);
  }
  const body = values.get('body');
  const key = $('key').value.trim();
  const headers = {};
  if (key !== '') headers.authorization = `Bearer ${key}`;
  if (body !== null) headers['content-type'] = 'application/json';
  const text = query.size === 0 ? '' : `?${query}`;
  const url = `/api/v1${filled}${text}`;
  return {
    url,
    init: { method: method.toUpperCase(), headers, ...(body === null ? {} : { body }) },
  };
}

/** Streams never end by themselves: what has come is shown, until another is sent. */
async function show(response, output, signal) {
  const type = response.headers.get('content-type') ?? '';
  if (!type.includes('event-stream')) {
    const text = await response.text();
    const shown = type.includes('json') ? pretty(text) : text;
    output.textContent = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}\n…` : shown;
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  signal.addEventListener('abort', () => reader.cancel());
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    output.textContent = (output.textContent + part.value).slice(-SHOWN);
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function formOf(api, each) {
  const { operation } = each;
  const fields = (operation.parameters ?? []).flatMap((one) => field(api, one));
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  const body =
    schema === undefined
      ? []
      : [
          element('textarea', {
            name: 'body',
            className: 'wide',
            ariaLabel: 'Body',
            spellcheck: false,
            value: JSON.stringify(exampleOf(api, schema), null, 2),
          }),
        ];
  const send = element('button', { textContent: 'Send' });
  const form = element('form', {}, ...fields, ...body, element('div', { className: 'wide' }, send));
  const status = element('p', { className: 'status', hidden: true });
  const output = element('pre', { hidden: true, tabIndex: 0 });
  let sending = new AbortController();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    sending.abort();
    sending = new AbortController();
    const { signal } = sending;
    output.textContent = '';
    [status.hidden, output.hidden] = [false, false];
    const begun = performance.now();
    try {
      const { url, init } = requestOf(each, form);
      status.textContent = `${init.method} ${url} …`;
      const response = await fetch(url, { ...init, signal });
      const ms = Math.round(performance.now() - begun);
      status.textContent = `${response.status} ${response.statusText} · ${ms} ms · ${init.method} ${url}`;
      status.classList.toggle('bad', !response.ok);
      await show(response, output, signal);
    } catch (error) {
      if (signal.aborted) return;
      status.textContent = `It could not be sent: ${error.message}`;
      status.classList.add('bad');
    }
  });
  return [form, status, output];
}

function cardOf(api, each) {
  const { method, path, operation } = each;
  const id = `${method}${path}`.replaceAll(/[^a-z]+/gi, '-');
  const summary = element(
    'summary',
    {},
    element('span', { className: `method ${method}`, textContent: method }),
    element('span', { className: 'path', textContent: path }),
    element('span', { className: 'says', textContent: operation.summary ?? '' }),
  );
  const card = element('details', { className: 'operation', id }, summary);
  // a form is made when somebody wants it: there are a hundred
  card.addEventListener(
    'toggle',
    () => {
      const access = element('p', {
        className: 'access',
        textContent: accessText(operation['x-access']),
      });
      card.append(element('div', { className: 'inside' }, access, ...formOf(api, each)));
    },
    { once: true },
  );
  const link = element('a', {
    href: `#${id}`,
    textContent: operation.summary ?? path,
    title: path,
  });
  link.addEventListener('click', () => {
    card.open = true;
  });
  return { card, link, words: `${method} ${path} ${operation.summary}`.toLowerCase() };
}

function addGroup(tag, cards) {
  const head = element('h2', { textContent: tag });
  const title = element('h2', { textContent: tag });
  $('tags').append(title, ...cards.map(({ link }) => link));
  $('operations').append(head, ...cards.map(({ card }) => card));
  return () => {
    const wanted = $('filter').value.trim().toLowerCase();
    for (const { card, link, words } of cards) {
      card.hidden = !words.includes(wanted);
      link.hidden = card.hidden;
    }
    head.hidden = cards.every(({ card }) => card.hidden);
    title.hidden = head.hidden;
  };
}

async function begin() {
  const response = await fetch(DOCUMENT);
  if (!response.ok) throw new Error(`${DOCUMENT} was answered with ${response.status}`);
  const api = await response.json();
  $('version').textContent = api.info.version;
  $('operations').replaceChildren();
  const groups = Map.groupBy(operationsOf(api), ({ operation }) => operation.tags?.[0] ?? 'Other');
  const filters = [...groups].map(([tag, each]) =>
    addGroup(
      tag,
      each.map((one) => cardOf(api, one)),
    ),
  );
  $('filter').addEventListener('input', () => filters.forEach((filter) => filter()));
  const named = document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

begin().catch((error) => {
  $('operations').textContent = `The document could not be read: ${error.message}`;
});
