export {
  ApiError,
  ConnectionError,
  PlatformError,
  SettingsError,
  UnexpectedAnswerError,
} from "../provider/api/errors";
export * from "./deployment";
export * from "./functions";
