export type { RateLimitOptions } from "./api/rate-limit";
export type { LoggedRequest, RequestLogView } from "./api/request-log";
export type {
  ClockView,
  ConsoleDeployment,
  ConsoleOperation,
  ConsolePhase,
  ConsoleView,
  ViewQuery,
} from "./console/view";
export {
  type Control,
  ControlError,
  type DeploymentState,
  type OperationState,
  type PlatformState,
} from "./control/control";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator";
export type { AddedFault, Change, FaultAction, FaultMatch, FaultRule, ResponseAction } from "./faults/rules";
export type { IdForm, Ids } from "./platform/ids";
export type { KeyOptions, KeyRecord, Scope } from "./platform/keys";
export type { AddedOutcome, OutcomeMatch, OutcomeRule } from "./platform/outcomes";
export type { AppType, DeploymentStatus, OperationStatus, OperationType } from "./platform/records";
export type { Settings } from "./settings";
