import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 20_000;
const PAUSE_MS = 50;

/** One tab of a real Chromium, driven by the DevTools protocol over a pipe: no port, no library. */
export interface Tab {
  /** Loads a page and waits until it is there. */
  open(url: string): Promise<void>;
  /** Resolves to the value of an expression in the page, awaited. Throws what it throws. */
  value<T>(expression: string): Promise<T>;
  /** Waits until an expression is true in the page. */
  until(expression: string): Promise<void>;
  /** Types into the field and leaves it, as a person does. */
  type(selector: string, text: string): Promise<void>;
  click(selector: string): Promise<void>;
  /** Uses the dark colours from now on, or the light ones. */
  scheme(scheme: 'light' | 'dark'): Promise<void>;
  screenshot(file: string): Promise<void>;
  /** What pages complained of: errors, and what their policy forbade. */
  readonly complaints: readonly string[];
}

export interface Chromium {
  readonly tab: Tab;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, never>>;
  readonly error?: { readonly message: string };
}

/** Starts it with a profile of its own. `visit` no address but those of this machine. */
export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'postern-chromium-'));
  const options = [
    ...['--headless', '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--remote-debugging-pipe'],
    ...[`--user-data-dir=${profile}`, '--window-size=900,820', 'about:blank'],
  ];
  const child = spawn('chromium', options, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const wire = wireOf(child.stdio[3] as Writable, child.stdio[4] as Readable);
  const { targetInfos } = (await wire.send('Target.getTargets')) as unknown as {
    targetInfos: readonly { targetId: string; type: string }[];
  };
  const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId;
  const attached = await wire.send('Target.attachToTarget', { targetId, flatten: true });
  const tab = await tabOf(wire, String(attached['sessionId']));
  return {
    tab,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await removeProfile(profile);
    },
  };
}

/**
 * The browser's helpers end a moment after it, and write meanwhile. `maxRetries` of `rm` does not help:
 * it tries the folder again, and not what came into it.
 */
async function removeProfile(profile: string): Promise<void> {
  for (let tries = Math.ceil(WITHIN_MS / PAUSE_MS); ; tries--) {
    try {
      rmSync(profile, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries <= 0) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

interface Wire {
  send(method: string, params?: object, sessionId?: string): Promise<Record<string, never>>;
  onEvent(listener: (message: Message) => void): void;
}

/** Messages end with NUL on both pipes. */
function wireOf(input: Writable, output: Readable): Wire {
  const waiting = new Map<number, (message: Message) => void>();
  const listeners: ((message: Message) => void)[] = [];
  let sent = 0;
  let rest = '';
  output.setEncoding('utf8').on('data', (piece: string) => {
    const parts = (rest + piece).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
    }
  });
  return {
    onEvent: (listener) => listeners.push(listener),
    send: (method, params = {}, sessionId) => {
      sent += 1;
      const id = sent;
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${method} took too long`)), WITHIN_MS);
        waiting.set(id, ({ result = {}, error }) => {
          clearTimeout(timer);
          waiting.delete(id);
          if (error === undefined) resolve(result);
          else reject(new Error(`${method}: ${error.message}`));
        });
      });
    },
  };
}

async function tabOf(wire: Wire, session: string): Promise<Tab> {
  const send = (method: string, params: object = {}) => wire.send(method, params, session);
  const complaints: string[] = [];
  wire.onEvent(({ method, params }) => {
    const entry = Object(params?.['entry']) as { level?: string; text?: string; url?: string };
    // what the server refuses is the page's to say
    const isAnswer = entry.text?.startsWith('Failed to load resource') === true;
    if (method === 'Log.entryAdded' && entry.level === 'error' && !isAnswer) {
      complaints.push(`${entry.text} ${entry.url ?? ''}`);
    }
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params));
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`);
  const value = async <T>(expression: string): Promise<T> => {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = (await send('Runtime.evaluate', asked)) as unknown as {
      result: { value: T };
      exceptionDetails?: object;
    };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  const until = async (expression: string): Promise<void> => {
    const end = Date.now() + WITHIN_MS;
    // while a page goes to another one its expressions fail
    while (!(await value<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (Date.now() > end) {
        const text = await value<string>('location.href + "\\n" + document.body.innerText');
        throw new Error(`never true: ${expression}\n${text}\n${complaints.join('\n')}`);
      }
      await sleep(PAUSE_MS);
    }
  };
  const find = (selector: string) => `document.querySelector(${JSON.stringify(selector)})`;
  return {
    ...{ complaints, value, until },
    open: async (url) => {
      await send('Page.navigate', { url });
      await until(`location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`);
    },
    type: async (selector, text) => {
      await until(`${find(selector)}?.offsetParent`);
      await value(`${find(selector)}.focus(), ${find(selector)}.select?.()`);
      await send('Input.insertText', { text });
    },
    click: async (selector) => {
      await until(`${find(selector)}?.offsetParent && !${find(selector)}.disabled`);
      await value(`${find(selector)}.click()`);
    },
    scheme: async (scheme) => {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await send('Emulation.setEmulatedMedia', { features });
    },
    screenshot: async (file) => {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
      await writeFile(file, Buffer.from(String(data), 'base64'));
    },
  };
}
