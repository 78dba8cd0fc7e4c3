import { ask, element, offerCompany, onSend, parameter, tell } from './ask.js';

const token = parameter('token');

function fill(name, text) {
  for (const place of document.querySelectorAll(`.${name}`)) place.textContent = text;
}

onSend('join', 'told', async ({ name, password }) => {
  await ask('POST', '/api/auth/accept-invitation', { token, name, password });
  const email = element('email').value;
  await ask('POST', '/api/auth/sign-in/email', { email, password });
  location.assign('/');
});

onSend('accept', 'accept-told', async () => {
  try {
    await ask('POST', '/api/auth/accept-invitation', { token });
    location.assign('/');
  } catch (error) {
    if (error.status !== 401) throw error;
    const here = encodeURIComponent(`/invite?token=${token}`);
    location.assign(`/signin?then=${here}`);
  }
});

try {
  const invitation = await ask('POST', '/api/auth/invitation', { token });
  fill('organization', invitation.organization);
  fill('role', invitation.role);
  fill('email', invitation.email);
  element('email').value = invitation.email;
  element(invitation.known ? 'accept' : 'join').hidden = false;
  if (!invitation.known) await offerCompany('company', 'told');
} catch (error) {
  tell('dead-told', error.message);
  element('dead').hidden = false;
} finally {
  element('waiting').hidden = true;
}
