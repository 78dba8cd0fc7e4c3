import { ask, element, onSend, tell } from './ask.js';

let person;

async function show() {
  const me = await ask('GET', '/api/v1/me');
  person = me.person;
  element('name').textContent = person.name;
  element('email').textContent = person.email;
  element('organization').textContent = me.organization.name;
  element('role').textContent = me.role;
  element('factor-state').textContent = person.twoFactor
    ? 'You sign in with your password and a code of your authenticator app.'
    : 'With a code of an authenticator app a stolen password alone lets nobody in.';
  element('factor-button').textContent = person.twoFactor ? 'Switch it off' : 'Set it up';
  const others = person.organizations.filter(({ id }) => id !== me.organization.id);
  element('other').replaceChildren(...others.map(({ id, name }) => new Option(name, id)));
  element('switch').hidden = others.length === 0;
  document.querySelector('main').hidden = false;
}

onSend('switch', 'switch-told', async ({ id }) => {
  await ask('PUT', '/api/v1/me/organization', { id });
  await show();
});

onSend('factor', 'factor-told', async (fields) => {
  element('factor').reset();
  if (person.twoFactor) {
    await ask('POST', '/api/auth/two-factor/disable', fields);
    await show();
    tell('factor-told', 'It is off.', 'good');
    return;
  }
  const { totpURI, qr, backupCodes } = await ask('POST', '/api/auth/two-factor/enable', fields);
  const secret = new URL(totpURI).searchParams.get('secret');
  element('totp-qr').setAttribute('viewBox', `0 0 ${qr.size} ${qr.size}`);
  element('totp-qr').firstElementChild.setAttribute('d', qr.path);
  element('totp-link').href = totpURI;
  element('totp-key').textContent = secret.replace(/(.{4})(?=.)/g, '$1 ');
  element('backup-codes').replaceChildren(
    ...backupCodes.map((code) =>
      Object.assign(document.createElement('li'), { textContent: code }),
    ),
  );
  element('factor').hidden = true;
  element('confirm').hidden = false;
  element('code').focus();
});

onSend('confirm', 'confirm-told', async (fields) => {
  await ask('POST', '/api/auth/two-factor/verify-totp', fields);
  element('confirm').hidden = true;
  element('factor').hidden = false;
  element('backup-codes').replaceChildren();
  element('totp-key').textContent = '';
  element('totp-link').removeAttribute('href');
  element('totp-qr').firstElementChild.removeAttribute('d');
  await show();
  tell('factor-told', 'It is on.', 'good');
});

onSend('change', 'change-told', async (fields) => {
  await ask('POST', '/api/auth/change-password', fields);
  element('change').reset();
  tell('change-told', 'Your password is changed.', 'good');
});

onSend('leave', 'leave-told', async () => {
  await ask('POST', '/api/auth/sign-out', {});
  location.assign('/signin');
});

try {
  await show();
} catch (error) {
  if (error.status === 401) location.replace('/signin');
  else throw error;
}
