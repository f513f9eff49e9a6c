export {
  ApiError,
  ConnectionError,
  PlatformError,
  SettingsError,
  UnexpectedAnswerError,
} from "../provider/onvera/errors";
export * from "./deployment";
export * from "./functions";
