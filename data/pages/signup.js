import { ask, onSend, parameter } from './ask.js';

onSend('sign-up', 'told', async (fields) => {
  const { email, password } = fields;
  await ask('POST', '/api/auth/sign-up', { ...fields, token: parameter('token') });
  await ask('POST', '/api/auth/sign-in/email', { email, password });
  location.assign('/');
});
