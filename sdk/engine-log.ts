export { EngineLog, isEngineAddress, type LogEntry } from "../provider/plugin/engine-log";
