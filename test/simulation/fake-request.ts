/** What the product's requests get in place of Node.js's. */

import { EventEmitter } from "node:events";

/** The part of axios's request configuration that the product uses. */
export interface RequestConfig {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly signal?: AbortSignal;
  readonly transport: { request(options: object, onResponse: (message: unknown) => void): FakeRequest };
}

/** Stands for Node.js's `ClientRequest`: it collects headers and reports the connection's progress. */
export class FakeRequest extends EventEmitter {
  readonly headers = new Map<string, string>();
  reusedSocket = false;

  setHeader(name: string, value: string): this {
    this.headers.set(name.toLowerCase(), value);
    return this;
  }
}

export class FakeSocket extends EventEmitter {
  connecting = true;
}
