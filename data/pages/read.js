import { ask, element, tell } from './ask.js';

/** What alerts lead to: the same paths as below /api/v1. */
const [, kind] = location.pathname.split('/');
/** Of which one alone can be read. */
const SINGLE = ['findings', 'jobs', 'agents'];
/** What says most stands first; the rest stays as the API has it. */
const FIRST = ['severity', 'status', 'why', 'todo', 'problem'];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** `openedAt` as people write it. */
function words(name) {
  if (name === 'todo') return 'To do';
  const text = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function textOf(value) {
  if (typeof value !== 'object') {
    return TIME.test(value) ? `${value.slice(0, 16).replace('T', ' ')} UTC` : String(value);
  }
  if ('at' in value && 'kind' in value) return eventOf(value);
  const parts = Array.isArray(value)
    ? value.map(textOf)
    : known(value).map(([name, part]) => `${words(name).toLowerCase()} ${textOf(part)}`);
  return parts.join(', ');
}

/** What happened once to a finding. */
function eventOf({ at, kind: sort, actor, detail }) {
  const who = actor === null ? '' : ` by ${actor}`;
  return `${textOf(at)}, ${sort}${who}${detail === '' ? '' : `: ${detail}`}`;
}

function known(item) {
  const said = Object.entries(item).filter(([, value]) => value !== null && value !== undefined);
  return said.filter(([, value]) => textOf(value) !== '');
}

function titleOf({ what, name, target, address, port, transport, kind: sort }) {
  const place = port === undefined ? address : `${address}, port ${port}/${transport}`;
  return what ?? name ?? target ?? place ?? sort ?? '';
}

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function listOf(item) {
  const rank = ([name]) => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);
  const rows = known(item).toSorted((a, b) => rank(a) - rank(b));
  const list = make('dl', {});
  for (const [name, value] of rows) {
    // a history is read line by line
    const lines = Array.isArray(value) ? value : [value];
    const cell = lines.map((line) => make('div', { textContent: textOf(line) }));
    list.append(make('dt', { textContent: words(name) }), make('dd', {}, ...cell));
  }
  return list;
}

function sectionOf(item) {
  const { severity, status, why, todo, problem } = item;
  const title = titleOf(item);
  const head = SINGLE.includes(kind)
    ? make('a', { href: `/${kind}/${item.id}`, textContent: title })
    : title;
  const facts = { severity, status, why, todo, problem };
  return make('section', {}, make('h2', {}, head), listOf(facts));
}

function show(answer) {
  const facts = element('facts');
  if (answer.items === undefined) {
    element('title').textContent = titleOf(answer);
    facts.replaceChildren(listOf(answer));
    return;
  }
  const { items, next } = answer;
  const none = items.length === 0 ? 'There are none.' : '';
  const more = next === null ? none : `The first ${items.length}; the API has all.`;
  element('title').textContent = words(kind);
  facts.replaceChildren(
    make('p', { className: 'soft', textContent: more }),
    ...items.map(sectionOf),
  );
}

try {
  show(await ask('GET', `/api/v1${location.pathname}`));
} catch (error) {
  if (error.status === 401) {
    location.replace(`/signin?then=${encodeURIComponent(location.pathname)}`);
  } else {
    element('title').textContent = words(kind);
    tell('told', error.message);
  }
}
document.title = `${element('title').textContent} – Postern`;
document.querySelector('main').hidden = false;
