import { ask, element, offerCompany, onSend, parameter, tell } from './ask.js';

const STEPS = ['password-step', 'code-step', 'backup-step'];

function show(step) {
  for (const id of STEPS) element(id).hidden = id !== step;
  if (step !== 'password-step') element('company').hidden = true;
  element(step).querySelector('input').focus();
}

/** Only to a page of ours: of a link that was sent, or of what an alert tells. */
function goOn() {
  const then = parameter('then');
  location.assign(/^\/[a-z]+(\?token=|\/)?[\w-]*$/.test(then) ? then : '/');
}

onSend('password-step', 'told', async (fields) => {
  const { twoFactorRedirect } = await ask('POST', '/api/auth/sign-in/email', fields);
  if (twoFactorRedirect === true) show('code-step');
  else goOn();
});

onSend('code-step', 'code-told', async (fields) => {
  await ask('POST', '/api/auth/two-factor/verify-totp', fields);
  goOn();
});

onSend('backup-step', 'backup-told', async (fields) => {
  await ask('POST', '/api/auth/two-factor/verify-backup-code', fields);
  goOn();
});

element('use-backup').addEventListener('click', () => show('backup-step'));
element('use-code').addEventListener('click', () => show('code-step'));
if (parameter('error') !== '') {
  tell(
    'told',
    'Your company’s sign-in did not let you in here. Somebody has to invite the e-mail address you have there.',
  );
}

await offerCompany('company', 'told');
