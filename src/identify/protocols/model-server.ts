import { z } from 'zod';
import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { listAt, textAt } from '../json-value.ts';

/** Programs by what they put into `owned_by`. */
const PRODUCTS: Readonly<Record<string, { readonly product: string; readonly cpe?: string }>> = {
  vllm: { product: 'vLLM', cpe: 'vllm:vllm' },
  llamacpp: { product: 'llama.cpp', cpe: 'ggml:llama.cpp' },
  library: { product: 'Ollama', cpe: 'ollama:ollama' },
  sglang: { product: 'SGLang' },
};

/**
 * Servers of language models with the interface of OpenAI (vLLM, llama.cpp, LiteLLM, LocalAI…):
 * GET /v1/models.
 */
export const modelServer = defineHttpApp({
  name: 'model-server',
  title: 'Model server (OpenAI interface)',
  product: 'Model server',
  ports: [],
  extra: {
    models: z.array(z.string()).optional().describe('Models it serves, at most 256'),
    owner: z
      .string()
      .optional()
      .describe('Who the first model belongs to, which names the program'),
  },
  path: '/v1/models',

  recognises(response) {
    return (
      bodyHas(response, 'llama.cpp', 'LiteLLM', 'LocalAI', 'vLLM') ||
      (response.status === 404 && bodyHas(response, '{"detail":"Not Found"}'))
    );
  },

  read(response) {
    const json = bodyJson(response);
    const models = listAt(json, 'data');
    if (textAt(json, 'object') !== 'list' || models === undefined) return null;
    const [first] = models;
    const owner = textAt(first, 'owned_by');
    const ids = models.flatMap((model) => textAt(model, 'id') ?? []);
    return { ...PRODUCTS[owner ?? ''], details: { models: ids, owner } };
  },
});
