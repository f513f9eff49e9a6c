import { createServer } from "node:http";
import { expect } from "chai";
import { Listener } from "../../../emulator/src/listener";

describe("the emulator's address", () => {
  for (const [host, origin] of [
    [undefined, "http://127.0.0.1:4391"],
    ["127.0.0.2", "http://127.0.0.2:4391"],
    ["::1", "http://[::1]:4391"],
    ["0.0.0.0", "http://127.0.0.1:4391"],
    ["::", "http://127.0.0.1:4391"],
  ] as const) {
    it(`is ${origin} if it listens on ${host ?? "the default host"}`, () => {
      expect(new Listener(createServer(), { port: 4391, host }).origin).to.equal(origin);
    });
  }
});
