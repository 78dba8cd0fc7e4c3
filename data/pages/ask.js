/** Asks the server; resolves to the JSON of its answer, and throws an Error that people can read. */
export async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error('The server cannot be reached. Is it running?');
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw Object.assign(new Error(wordsOf(answer, said)), { status: answer.status });
}

function wordsOf(answer, { error }) {
  const wait = Number(answer.headers.get('retry-after'));
  if (answer.status === 429 && wait > 0) {
    const minutes = Math.ceil(wait / 60);
    return `Too many attempts. Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} and try again.`;
  }
  if (error === undefined) return `The server answered ${answer.status}.`;
  const { message, todo } = error;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}. ${todo}`;
}

export function element(id) {
  return document.getElementById(id);
}

/** Shows a failure, or with null nothing, in the place for it. */
export function tell(id, text, kind = 'bad') {
  const place = element(id);
  place.textContent = text ?? '';
  place.className = `told ${kind}`;
  place.hidden = text === null;
}

/** Runs `work` with the fields of a form when it is sent, and tells what it throws. */
export function onSend(id, told, work) {
  const form = element(id);
  const send = async () => {
    tell(told, null);
    const button = form.querySelector('button:not([type])');
    button.disabled = true;
    try {
      await work(Object.fromEntries(new FormData(form)));
    } catch (error) {
      tell(told, error.message);
    } finally {
      button.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
}

/** Offers the company's own sign-in where the installation has one. */
export async function offerCompany(id, told) {
  const { oidc } = await ask('GET', '/api/auth/ways');
  const form = element(id);
  form.hidden = oidc === null;
  form.querySelector('button').textContent = `Continue with ${oidc}`;
  onSend(id, told, async () => {
    const { url } = await ask('POST', '/api/auth/sign-in/social', {});
    location.assign(url);
  });
}

export function parameter(name) {
  return new URLSearchParams(location.search).get(name) ?? '';
}
