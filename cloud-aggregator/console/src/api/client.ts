import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from '../generated/contract';

export type Schemas = components['schemas'];
export type Gateway = Schemas['Gateway'];
export type GatewayDetail = Schemas['GatewayDetail'];
export type Configuration = Schemas['Configuration'];
export type Attribute = Schemas['Attribute'];
export type Property = Schemas['Property'];
export type Package = Schemas['Package'];
export type Rollout = Schemas['Rollout'];
export type Deployment = Schemas['Deployment'];
export type ModelVersion = Schemas['ModelVersion'];
export type RegisteredModel = Schemas['RegisteredModel'];
export type ModelAlias = Schemas['ModelAlias'];
export type Lineage = Schemas['Lineage'];
export type Verdict = Schemas['Verdict'];
export type Overrule = Schemas['Overrule'];
export type Session = Schemas['Session'];

/** A problem detail (RFC 9457) as an error; `code` is stable. */
export class Problem extends Error {
  constructor(readonly body: Schemas['Problem']) {
    super(body.detail);
  }
  get code() {
    return this.body.code;
  }
}

let csrfToken = '';
let whenLoggedOut = () => {};

export function onLoggedOut(listener: () => void) {
  whenLoggedOut = listener;
}

export function rememberCsrfToken(session: Session) {
  csrfToken = session.csrfToken;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (!['GET', 'HEAD'].includes(request.method)) request.headers.set('X-CSRF-Token', csrfToken);
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return response;
    if (response.status === 401 && !request.url.endsWith('/session')) whenLoggedOut();
    throw new Problem(await problemOf(response));
  },
  onError() {
    return new Problem({
      title: 'No answer',
      status: 0,
      code: 'NO_ANSWER',
      detail: 'The aggregator does not answer. It may be restarting; this page tries again by itself.',
    });
  },
};

async function problemOf(response: Response): Promise<Schemas['Problem']> {
  try {
    return await response.json();
  } catch {
    return { title: response.statusText, status: response.status, code: 'HTTP_' + response.status, detail: response.statusText };
  }
}

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(guard);

/** The body of an answer; failures were thrown as {@link Problem} before. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** Sends a file as it is, with progress as a fraction. */
export function upload<T>(path: string, file: File, type: string, onProgress: (fraction: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('Content-Type', type);
    request.setRequestHeader('X-CSRF-Token', csrfToken);
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () => {
      let answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { title: request.statusText, status: request.status, code: 'HTTP_' + request.status, detail: request.statusText };
      }
      if (request.status < 300) resolve(answer);
      else reject(new Problem(answer));
    };
    request.onerror = () =>
      reject(new Problem({ title: 'No answer', status: 0, code: 'NO_ANSWER', detail: 'The upload was cut off. Try again.' }));
    request.send(file);
  });
}

export const blobUrl = (digest: string) => '/api/v1/blobs/' + digest;
