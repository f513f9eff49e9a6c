/** The API of `pulumi-onvera` on the provider plugin, and `Provider`. test/unit/sdk/plugin.test.ts compares the two. */
export {
  ApiError,
  ConnectionError,
  InvalidResponseError,
  PlatformError,
  SettingsError,
} from "../../provider/api/errors";
export * from "./deployment";
export * from "./functions";
export * from "./provider";
