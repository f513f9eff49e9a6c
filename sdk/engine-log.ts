export { EngineLog, type LogEntry } from "../provider/plugin/engine-log";
