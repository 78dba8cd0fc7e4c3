import { problem } from '../model/errors.ts';

/** A body that takes longer does not arrive at all: it holds a place that others wait for. */
const WITHIN_MS = 60_000;

/** The body of a request as bytes. Throws API_TOO_LARGE as soon as it is, API_INVALID when it stalls. */
export async function readUpload(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const timer = setTimeout(() => void reader.cancel(), WITHIN_MS);
  const until = Date.now() + WITHIN_MS;
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (Date.now() >= until) throw late();
      if (done) return Buffer.concat(pieces);
      size += value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      pieces.push(value);
    }
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}

function tooLarge(limit: number) {
  return problem('API_TOO_LARGE', { limit });
}

function late() {
  const trouble = `it did not arrive within ${WITHIN_MS / 1000} s`;
  return problem('API_INVALID', { where: 'the body', problem: trouble });
}
