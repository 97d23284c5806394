// What the benches share: programs held to a core, CPU time read from the kernel, medians.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

const AUTOGROUP = '/proc/self/autogroup';

/**
 * Lets all that a bench starts go before whatever else runs on the machine: a service of a higher priority that looks
 * around for up to 30 ms once a second makes parts late, of whichever server is measured. Sessions share a core
 * by the niceness of their group (sched(7)), which is put back at the end.
 */
function goFirst() {
  try {
    os.setPriority(-20);
    const before = readFileSync(AUTOGROUP, 'utf8').match(/nice (-?\d+)/)?.[1];
    if (before === undefined) return;
    writeFileSync(AUTOGROUP, '-20');
    process.on('exit', () => writeFileSync(AUTOGROUP, before));
  } catch (error) {
    console.error(`What else runs on this machine may take part in the figures: ${error.message}`);
  }
}
goFirst();

/** Holds a running program, with all its threads, to one core. */
export function pin(pid, core) {
  execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)]);
}

/** CPU seconds that a process has used so far, its threads included. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB/m)[1]) * 1024;
}

/** How many files a process started from here may have open. */
export function mostOpenFiles() {
  return Number(readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+\d+\s+(\d+)/m)[1]);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What the kernel holds for sockets and everything else of its own: slab and TCP buffers of the whole machine, bytes. */
export function kernelBytes() {
  const slab = Number(readFileSync('/proc/meminfo', 'utf8').match(/^Slab:\s+(\d+) kB/m)[1]) * 1024;
  const pages = Number(readFileSync('/proc/net/sockstat', 'utf8').match(/^TCP:.* mem (\d+)/m)[1]);
  return slab + pages * 4096;
}

/** Bytes in the kernel's queues of the connections to a port of this machine: what the server's end has to send, what the clients' ends have to read. */
export function queuedBytes(port) {
  const queued = { toSend: 0, toRead: 0 };
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    if (!queues) continue;
    const [send, read] = queues.split(':').map((hex) => parseInt(hex, 16));
    const established = line.trim().split(/\s+/)[3] === '01';
    if (established && local.endsWith(`:${wanted}`)) queued.toSend += send;
    if (established && remote.endsWith(`:${wanted}`)) queued.toRead += read;
  }
  return queued;
}
