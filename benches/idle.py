#!/usr/bin/env python3
"""Measures what swfbeat costs while nothing happens, and fails beyond the bars.

    cargo build --release && python3 benches/idle.py [--seconds 60] [BINARY]

Runs `demo --scenario idle` (twenty tasks, ten of them kept alive, the emulator in the same process) in a
pseudo-terminal of 120x40, waits until everything is claimed and looked up, and measures the whole process.
Needs Linux and nothing but Python's standard library.

What wakes a thread, as `strace -f` shows it; there is nothing else:

  thread    wake-up                                               how often
  screen    the next whole second: clock and countdowns           1/s
  (main)    news from the engine                                  2 a heartbeat: sent, answered
            a frame held back, so that there are 60/s at most     up to 1 a heartbeat
  engine    the timer at the next thing due                       1 a heartbeat, 1/min to count waiting tasks
            a look at the clocks: did the machine sleep?          1/s while tasks are held
            a look at the history of tasks kept by hand           1 in 30 to 60 s an execution, as a heartbeat
            its connection: request written, answer read          2 or 3 a heartbeat
            what the journal has written                          1 a synced batch; none while idle
  journal   a batch comes in                                      1 a heartbeat
            lazy batches have waited 5 s                          1 a group of heartbeats, and the disk's own waits
  emulator  a request comes in                                    1 a heartbeat
            its next deadline                                     when one is due or has come nearer
            the director's decision poll ends after 60 s          2/min
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import sqlite3
import struct
import sys
import tempfile
import termios
import time

TASKS = 20
STARTS = 5  # the median of their first frames counts: whatever else the machine does only adds to it
COLUMNS, LINES = 120, 40
SETTLED_AFTER = 8.0  # seconds; the claims, their first heartbeats and lookups are over by then
FRAME_END = b"\x1b[?2026l"

BARS = {
    "first frame": (100, "ms after exec"),
    "CPU": (0.2, "%"),
    "wake-ups": (5, "/s, besides 12 a heartbeat"),
    "terminal": (30, "KB/min"),
    "memory": (20, "MB at most"),
}
WAKEUPS_A_BEAT = 12


class Console:
    """The program in a pseudo-terminal, and what it has written there."""

    def __init__(self, binary, journal):
        self.started = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            environment = {"TERM": "xterm-256color", "HOME": os.path.dirname(journal)}
            os.execve(binary, [binary, "demo", "--scenario", "idle", "--journal", journal], environment)
        self.written = 0
        self.first_frame = None
        self.tail = b""

    def read_until(self, deadline):
        """Takes what the program writes, as a terminal would."""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                return
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                sys.exit(f"the program has ended: {self.tail.decode(errors='replace')}")
            now = time.monotonic()
            self.written += len(data)
            self.tail = (self.tail + data)[-4096:]
            if self.first_frame is None and FRAME_END in self.tail:
                self.first_frame = now - self.started

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
            try:
                os.read(self.terminal, 65536)
            except OSError:
                pass
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def threads(pid):
    """Name, seconds on a CPU and wake-ups of each thread."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{thread}"
        with open(f"{base}/comm") as comm, open(f"{base}/schedstat") as times, open(f"{base}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
            cpu = int(times.read().split()[0]) / 1e9
            found[thread] = (comm.read().strip(), cpu, int(fields["voluntary_ctxt_switches"]))
    return found


def memory(pid, field):
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields[field].split()[0]) / 1024


def count(journal, kind):
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT count(*) FROM records WHERE kind = ?", [kind]).fetchone()[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary", nargs="?", default="target/release/swfbeat")
    arguments.add_argument("--seconds", type=float, default=60)
    arguments = arguments.parse_args()
    first_frames = sorted(first_frame(arguments.binary) for _ in range(STARTS))
    with tempfile.TemporaryDirectory() as directory:
        journal = os.path.join(directory, "idle.db")
        console = Console(arguments.binary, journal)
        try:
            figures, by_thread = measure(console, journal, arguments.seconds)
        finally:
            console.stop()
    figures = {"first frame": first_frames[STARTS // 2] * 1000, **figures}
    print("first frames", *(f"{frame * 1000:.0f}" for frame in first_frames), "ms")
    for name, cpu, wakeups in by_thread:
        print(f"  {name:15} {cpu * 1000 / arguments.seconds:6.3f} ms CPU/s {wakeups / arguments.seconds:6.2f} wake-ups/s")
    beyond = [name for name, value in figures.items() if name in BARS and value > BARS[name][0]]
    for name, value in figures.items():
        bar, unit = BARS.get(name, ("-", ""))
        print(f"{name:12} {value:8.2f}  bar {bar} {unit}{'  BEYOND THE BAR' if name in beyond else ''}")
    return 1 if beyond else 0


def first_frame(binary):
    """Seconds from the start of a process to its first complete frame."""
    with tempfile.TemporaryDirectory() as directory:
        console = Console(binary, os.path.join(directory, "idle.db"))
        try:
            while console.first_frame is None:
                if time.monotonic() > console.started + SETTLED_AFTER:
                    sys.exit("nothing was drawn")
                console.read_until(time.monotonic() + 0.01)
        finally:
            console.stop()
        return console.first_frame


def measure(console, journal, seconds):
    console.read_until(console.started + SETTLED_AFTER)
    claimed = count(journal, "Claimed")
    if claimed != TASKS:
        sys.exit(f"{claimed} of {TASKS} tasks were claimed after {SETTLED_AFTER} s")
    before, beats, written = threads(console.pid), count(journal, "Beaten"), console.written
    start = time.monotonic()
    console.read_until(start + seconds)
    seconds = time.monotonic() - start
    after, beats = threads(console.pid), count(journal, "Beaten") - beats
    # A thread that ended in between is in no figure; one that began is.
    spent = [
        (name, cpu - before.get(thread, ("", 0, 0))[1], wakeups - before.get(thread, ("", 0, 0))[2])
        for thread, (name, cpu, wakeups) in after.items()
    ]
    wakeups = sum(wakeups for _, _, wakeups in spent)
    figures = {
        "CPU": sum(cpu for _, cpu, _ in spent) / seconds * 100,
        "wake-ups": (wakeups - WAKEUPS_A_BEAT * beats) / seconds,
        "wake-ups all": wakeups / seconds,
        "heartbeats": beats,
        "terminal": (console.written - written) / 1024 / seconds * 60,
        "memory": memory(console.pid, "VmHWM"),
        "memory now": memory(console.pid, "VmRSS"),
    }
    return figures, spent


if __name__ == "__main__":
    sys.exit(main())
