import { visible } from '../../report/text.ts';
import { hostReset } from '../../server/auth/resets.ts';
import { keptPublicUrl } from '../../store/queries/public-url.ts';
import { isoOf } from '../../store/rows.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readPublicUrl } from '../public-url.ts';
import { type Terminal, write } from '../terminal.ts';
import { DEFAULT_LISTEN } from '../up-program.ts';
import type { UserResetOptions } from '../user-program.ts';
import { withExistingStore } from '../with-store.ts';

/** Prints a link for a new password. Throws API_NOT_FOUND, SERVE_OPTION, STORE_EMPTY. */
export async function userResetCommand(
  email: string,
  options: UserResetOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const given = readPublicUrl(options.publicUrl);
  const secondFactor = options.secondFactor === true;
  const { url, expiresAt } = await withExistingStore(options, (store) =>
    store.write(async (tx) => {
      const publicUrl = given ?? (await keptPublicUrl(tx)) ?? `http://${DEFAULT_LISTEN}`;
      return hostReset(tx, visible(email), {
        ...{ secondFactor, actor: 'cli', publicUrl, now: Date.now() },
      });
    }),
  );
  const told = { url, expiresAt: isoOf(expiresAt) };
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify(told)}\n`);
    return EXIT.fine;
  }
  await write(terminal.out, `${url}\n`);
  const factor = secondFactor ? ', and the second factor is off then' : '';
  const words = `A new password for ${visible(email)}, once, until ${told.expiresAt}${factor}.\n`;
  if (options.quiet !== true) await write(terminal.err, words);
  return EXIT.fine;
}
