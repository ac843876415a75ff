/** What the process has spent; the shells give the real one. */
export interface ProcessClock {
  /** Processor time of all its threads, seconds. */
  cpuSeconds(): number;
  wallSeconds(): number;
}
