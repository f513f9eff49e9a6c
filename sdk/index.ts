export {
  ApiError,
  ConnectionError,
  InvalidResponseError,
  PlatformError,
  SettingsError,
} from "../provider/api/errors";
export * from "./deployment";
export * from "./functions";
