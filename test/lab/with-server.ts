import { afterAll, beforeAll } from 'vitest';
import { type RunningServer, type ServerSpec, type StartOptions, startServer } from './server.ts';

/**
 * Runs a server around the tests of the enclosing `describe`; its folder is kept, and named, when
 * one of them failed. The function returned gives the running server inside a test.
 *
 * @example
 * describe.skipIf(!met(redis.needs))('redis', () => {
 *   const server = withServer(redis);
 *   it('answers', async () => expect(await server().hello('plain')).toBeDefined());
 * });
 */
export function withServer<D extends string>(
  spec: ServerSpec<D>,
  options?: StartOptions | (() => StartOptions),
): () => RunningServer<D> {
  let server: RunningServer<D> | undefined;
  beforeAll(async () => {
    server = await startServer(spec, typeof options === 'function' ? options() : options);
  }, 120_000);
  // vitest reads the parameter list: the first must be a destructuring pattern
  // oxlint-disable-next-line no-empty-pattern
  afterAll(async ({}, suite) => {
    const keep = suite.tasks.some((task) => task.result?.state === 'fail');
    if (keep && server) process.stderr.write(`${spec.name}: folder kept at ${server.dir}\n`);
    await server?.stop({ keep });
  });
  return () => {
    if (!server) throw new Error(`${spec.name} is not running`);
    return server;
  };
}
