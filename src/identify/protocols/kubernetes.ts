import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { utf8Text } from '../bytes.ts';
import { accessDetails, isGoNotFound, named, responseIs } from '../http-app.ts';
import { refusesStrangers } from '../http-auth.ts';
import { fieldOf, type HttpResponse } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { getFresh, getHttp } from '../http-request.ts';
import { textAt } from '../json-value.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { present } from '../present.ts';

const COMPONENTS = [
  'kube-apiserver',
  'kubelet',
  'kube-proxy',
  'kube-controller-manager',
  'kube-scheduler',
] as const;

const details = accessDetails.extend({
  component: z.enum(COMPONENTS).describe('Which program of Kubernetes answers'),
  platform: z.string().optional().describe('Platform it was built for: linux/amd64'),
  goVersion: z.string().optional().describe('Version of Go it was built with'),
  gitCommit: z.string().optional().describe('Commit it was built from'),
});
type Details = z.infer<typeof details>;
type Component = Details['component'];

/** Ports that say which program it is, where the answers of several are alike. */
const BY_PORT: Readonly<Record<number, Component>> = {
  10249: 'kube-proxy',
  10250: 'kubelet',
  10255: 'kubelet',
  10256: 'kube-proxy',
  10257: 'kube-controller-manager',
  10259: 'kube-scheduler',
};

/** `metav1.Status`, the API machinery's error answer. */
function isStatus(response: HttpResponse): boolean {
  const json = bodyJson(response);
  return textAt(json, 'kind') === 'Status' && textAt(json, 'apiVersion') === 'v1';
}

function isApi(response: HttpResponse): boolean {
  return isStatus(response) || fieldOf(response, 'x-kubernetes-pf-flowschema-uid') !== undefined;
}

function bodyStarts(response: HttpResponse, text: string): boolean {
  return utf8Text(response.body.subarray(0, 256)).trimStart().startsWith(text);
}

/** The kubelet refuses strangers with a line of text that names the anonymous user or nothing. */
function isKubeletRefusal(response: HttpResponse): boolean {
  return response.status === 403 && bodyStarts(response, 'Forbidden (user=');
}

/** Certificates that kubelets make for themselves, or get from the cluster. */
function isKubeletCertificate(tls: TlsDetails | undefined): boolean {
  const leaf = tls?.chain[0];
  if (leaf === undefined) return false;
  return /O=system:nodes/.test(leaf.subject) || /^CN=[^,]{1,253}-ca@\d{1,12}$/.test(leaf.issuer);
}

function kubernetesNamed(component: Component, version?: string) {
  return { ...named('Kubernetes', 'kubernetes:kubernetes', version), component };
}

/** The API server describes itself to strangers unless told not to. */
async function apiServer(
  talk: Conversation,
  version: HttpResponse,
): Promise<Identity<Details> | null> {
  const json = bodyJson(version);
  const gitVersion = textAt(json, 'gitVersion');
  if (gitVersion === undefined && !isApi(version)) return null;
  const { component, ...name } = kubernetesNamed(
    BY_PORT[talk.port] ?? 'kube-apiserver',
    gitVersion?.replace(/^v/, ''),
  );
  const namespaces = await getFresh(talk, '/api/v1/namespaces?limit=1', 'application/json');
  return {
    ...name,
    details: present({
      component,
      authRequired: refusesStrangers(namespaces),
      platform: textAt(json, 'platform'),
      goVersion: textAt(json, 'goVersion'),
      gitCommit: textAt(json, 'gitCommit'),
    }),
  };
}

function bare(component: Component, authRequired: boolean | undefined): Identity<Details> {
  const { component: which, ...name } = kubernetesNamed(component);
  return { ...name, details: present({ component: which, authRequired }) };
}

async function kubelet(talk: Conversation): Promise<Identity<Details> | null> {
  const pods = await getFresh(talk, '/pods', 'application/json');
  if (pods === null) return null;
  if (textAt(bodyJson(pods), 'kind') === 'PodList') return bare('kubelet', false);
  const certain = isKubeletRefusal(pods) || isKubeletCertificate(talk.tls);
  const refused = pods.status === 401 || pods.status === 403;
  return certain && refused ? bare('kubelet', true) : null;
}

async function kubeProxy(talk: Conversation): Promise<Identity<Details> | null> {
  const health = await getFresh(talk, '/healthz', 'application/json');
  const json = health === null ? undefined : bodyJson(health);
  const both =
    textAt(json, 'lastUpdated') !== undefined && textAt(json, 'currentTime') !== undefined;
  return both ? bare('kube-proxy', undefined) : null;
}

/**
 * Programs of Kubernetes: GET /version and one listing each (/api/v1/namespaces, /pods) to learn
 * whether strangers are refused; what is listed is not kept.
 */
export const kubernetes = defineProtocol({
  name: 'kubernetes',
  title: 'Kubernetes',
  transport: 'tcp',
  over: 'http',
  ports: [8001, 8080, 10249, 10255, 10256],
  tlsPorts: [6443, 8443, 10250, 10257, 10259, 16443],
  manners: 'ask',
  details,
  recognises: responseIs(
    (response) => isApi(response) || isKubeletRefusal(response) || isGoNotFound(response),
  ),

  async identify(talk) {
    const version = await getHttp(talk, '/version', 'application/json');
    if (version === null) return null;
    return (await apiServer(talk, version)) ?? (await kubelet(talk)) ?? (await kubeProxy(talk));
  },
});
