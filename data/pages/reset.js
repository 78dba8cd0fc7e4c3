import { ask, element, onSend, parameter, tell } from './ask.js';

const token = parameter('token');

onSend('choose', 'told', async ({ password }) => {
  await ask('POST', '/api/auth/choose-password', { token, password });
  element('choose').hidden = true;
  element('done').hidden = false;
});

try {
  const { email, secondFactor } = await ask('POST', '/api/auth/reset', { token });
  element('email').value = email;
  element('effect').textContent = secondFactor
    ? 'All your sessions end, and your second factor is off then: set it up again after signing in.'
    : 'All your sessions end. Your second factor, if you have one, stays.';
  element('choose').hidden = false;
} catch (error) {
  tell('dead-told', error.message);
  element('dead').hidden = false;
} finally {
  element('waiting').hidden = true;
}
