import { z } from 'zod';
import { accessDetails, named, responseIs } from '../http-app.ts';
import { accessFacts } from '../http-auth.ts';
import { fieldOf, type HttpResponse } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { getHttp } from '../http-request.ts';
import { listAt, textAt } from '../json-value.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = accessDetails.extend({
  apiVersion: z.string().optional().describe('Newest API version it speaks'),
  minApiVersion: z.string().optional().describe('Oldest API version it speaks'),
  os: z.string().optional().describe('Operating system: linux, windows'),
  arch: z.string().optional().describe('Processor architecture'),
  kernelVersion: z.string().optional().describe('Kernel of the machine'),
  components: z
    .array(z.string())
    .optional()
    .describe('Parts and their versions: containerd 1.6.20'),
});

function serverOf(response: HttpResponse): string {
  return fieldOf(response, 'server') ?? '';
}

/** The API's own header fields, present on every answer: Docker's, and Podman's imitation. */
function isEngine(response: HttpResponse): boolean {
  const apiVersion = fieldOf(response, 'api-version') ?? fieldOf(response, 'libpod-api-version');
  return apiVersion !== undefined || /^(?:Docker|Libpod)\//.test(serverOf(response));
}

/** The API's own answer to an unknown path, as GET / is one. */
function isNotFound(response: HttpResponse): boolean {
  return response.status === 404 && textAt(bodyJson(response), 'message') === 'page not found';
}

function componentsOf(json: unknown): string[] | undefined {
  const components = listAt(json, 'Components');
  return components?.flatMap((component) => {
    const name = textAt(component, 'Name');
    return name === undefined ? [] : `${name} ${textAt(component, 'Version') ?? ''}`.trim();
  });
}

function productOf(json: unknown, server: string) {
  const components = componentsOf(json) ?? [];
  const podman = components.find((component) => component.startsWith('Podman Engine'));
  const version = textAt(json, 'Version') ?? /^\w+\/([\w.+-]{1,40})/.exec(server)?.[1];
  // Debian writes 20.10.24+dfsg1; what follows the plus is the package's, not Docker's
  const upstream = version?.replace(/\+.*$/, '');
  return podman !== undefined || server.startsWith('Libpod/')
    ? named('Podman', 'podman_project:podman', upstream)
    : named('Docker Engine', 'docker:engine', upstream);
}

/** Docker Engine API (and Podman's): GET /version, which needs no login where the API needs none. */
export const docker = defineProtocol({
  name: 'docker',
  title: 'Docker Engine API',
  transport: 'tcp',
  over: 'http',
  ports: [2375],
  tlsPorts: [2376],
  manners: 'ask',
  details,
  recognises: responseIs((response) => isEngine(response) || isNotFound(response)),

  async identify(talk) {
    const response = await getHttp(talk, '/version', 'application/json');
    if (response === null) return null;
    const json = bodyJson(response);
    const described = textAt(json, 'ApiVersion') !== undefined && textAt(json, 'Os') !== undefined;
    if (!described && !isEngine(response)) return null;
    return {
      ...productOf(json, serverOf(response)),
      details: present({
        ...accessFacts(talk, response),
        apiVersion: textAt(json, 'ApiVersion') ?? fieldOf(response, 'api-version'),
        minApiVersion: textAt(json, 'MinAPIVersion'),
        os: textAt(json, 'Os'),
        arch: textAt(json, 'Arch'),
        kernelVersion: textAt(json, 'KernelVersion'),
        components: componentsOf(json),
      }),
    };
  },
});
