#!/usr/bin/env python3
"""Measures what an endpoint that speaks SWF costs while it holds many tasks, and puts two beside each other.

    cargo build --release
    python3 benches/endpoint.py --start 'target/release/swfbeat emulator --port 7999'

    python3 -m venv /tmp/moto && /tmp/moto/bin/pip install 'moto[server]'
    python3 benches/endpoint.py --start 'target/release/swfbeat emulator --port 7999' \\
                                --start '/tmp/moto/bin/moto_server -p 7998'

    python3 benches/endpoint.py --endpoint http://127.0.0.1:7999 --pid 1234

The first server is judged by the bars, and the exit code is 1 beyond them; a second one is the yardstick, as moto was
when the bars were set. A bar whose figures are not there is named and not judged.

`--start` runs the command itself, without a shell: the process must be the server, and its port must stand after
`-p` or `--port`. It is started a few times, for how soon it listens, and killed in the end. `--endpoint` takes one
that runs: `--pid`, after it, is where its processor time and memory are read; the bench's domain stays behind in it.

For each number of tasks the bench starts executions, decides and claims until as many activity tasks are open, one
in each execution. Then it sends heartbeats for them all, in random order, one at a time over one connection, and
divides the processor time of the server by their number; the median of a few rounds counts. How many that are in a
second is what one client gets, waiting for each answer. The client is raw HTTP with a signature that is none, so that
it costs little and every server reads the same bytes. `--botocore` sends the heartbeats with botocore instead, as its
users see it.

Needs Linux and nothing but Python's standard library. Processor times hold only for servers measured in one run.
"""

import argparse
import json
import os
import random
import re
import shlex
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

STARTS = 5
ROUNDS = 3
WARM_UP = 0.5  # seconds
PROJECTED_AFTER = 3.0  # seconds of claiming, before it is judged whether it will be done in time
LISTENS_WITHIN = 60.0  # seconds
SETTLE = 1.0  # seconds until a server that was just started is idle

# No task of the bench may time out: seconds.
HOUR, DAY = "3600", "86400"

HEAD = (
    "POST / HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "Content-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Target: SimpleWorkflowService.{operation}\r\n"
    "X-Amz-Date: 20260101T000000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/swf/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64 + "\r\n"
    "Content-Length: "
)


class Connection:
    """One HTTP connection, kept alive as long as the server does."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.heads = {}
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(self.address, timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def close(self):
        self.reader.close()
        self.socket.close()

    def call(self, operation, **members):
        """The answer's members; an empty body has none."""
        body = self.post(operation, json.dumps(members).encode())
        return json.loads(body) if body else {}

    def post(self, operation, body):
        if operation not in self.heads:
            host = "{}:{}".format(*self.address)
            self.heads[operation] = HEAD.format(host=host, operation=operation).encode()
        self.socket.sendall(b"%b%d\r\n\r\n%b" % (self.heads[operation], len(body), body))
        status, answer = self.answer()
        if status != 200:
            sys.exit(f"{operation}: HTTP {status}: {answer[:500].decode(errors='replace')}")
        return answer

    def answer(self):
        version, status = self.line().split(None, 2)[:2]
        length, chunked, last = 0, False, version == b"HTTP/1.0"
        while line := self.line():
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                chunked = value.strip() == b"chunked"
            elif name == b"connection":
                last = value.strip() == b"close"
        body = self.chunks() if chunked else self.reader.read(length)
        if last:
            self.close()
            self.connect()
        return int(status), body

    def chunks(self):
        body = b""
        while length := int(self.line().split(b";")[0], 16):
            body += self.reader.read(length)
            self.line()
        while self.line():
            pass
        return body

    def line(self):
        line = self.reader.readline()
        if not line:
            sys.exit("the server has closed the connection instead of answering")
        return line.rstrip(b"\r\n")


class Raw:
    """Sends heartbeats over a connection."""

    def __init__(self, host, port):
        self.connection = Connection(host, port)

    def beat(self, token):
        # Tokens are base64 or such: nothing in them needs escaping.
        return b"false" in self.connection.post("RecordActivityTaskHeartbeat", b'{"taskToken": "%b"}' % token)


class Botocore:
    """Sends heartbeats as botocore does, one client for all."""

    def __init__(self, host, port):
        from botocore.session import Session

        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
        self.client = Session().create_client("swf", "us-east-1", endpoint_url=f"http://{host}:{port}", **keys)

    def beat(self, token):
        return not self.client.record_activity_task_heartbeat(taskToken=token.decode())["cancelRequested"]


class Server:
    """A server to measure: its name, where it listens, and its process if that is known."""

    def __init__(self, option, value):
        self.command, self.pid = None, None
        if option == "--start":
            self.command = shlex.split(value)
            port = re.search(r"\s(?:-p|--port)[\s=]?(\d+)", value)
            if not port:
                sys.exit(f"no -p or --port in '{value}'")
            self.host, self.port = "127.0.0.1", int(port[1])
            self.name = os.path.basename(self.command[0])
        else:
            url = urlsplit(value)
            if url.scheme != "http" or not url.hostname:
                sys.exit(f"'{value}' is not like http://127.0.0.1:7999")
            self.host, self.port = url.hostname, url.port or 80
            self.name = url.netloc

    def start(self):
        """Seconds from here until it listens, and until it has answered."""
        if self.listens():
            sys.exit(f"{self.name}: something else already listens on port {self.port}")
        begun = time.monotonic()
        nowhere = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            self.process = subprocess.Popen(self.command, **nowhere)
        except OSError as error:
            sys.exit(f"{self.name} cannot be started: {error}")
        self.pid = self.process.pid
        while not self.listens():
            if self.process.poll() is not None:
                sys.exit(f"{self.name} has ended with {self.process.returncode} before it listened")
            if time.monotonic() > begun + LISTENS_WITHIN:
                sys.exit(f"{self.name} does not listen on port {self.port}")
            time.sleep(0.0002)
        listening = time.monotonic() - begun
        self.warm()
        return listening, time.monotonic() - begun

    def listens(self):
        with socket.socket() as probe:
            # A probe can get the very port it asks for, and then connects to itself.
            return probe.connect_ex((self.host, self.port)) == 0 and probe.getsockname() != probe.getpeername()

    def warm(self):
        connection = Connection(self.host, self.port)
        connection.call("ListDomains", registrationStatus="REGISTERED")
        connection.close()

    def stop(self):
        if self.command and self.pid:
            self.process.kill()
            self.process.wait()
            self.pid = None

    def cpu(self):
        """Seconds of processor time of the process, all threads, without its children."""
        if not self.pid:
            return None
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident MB."""
        if not self.pid:
            return None
        with open(f"/proc/{self.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields["VmRSS"].split()[0]) / 1024


class Tasks:
    """The open activity tasks in one domain of a server, by their tokens."""

    def __init__(self, server):
        self.connection = Connection(server.host, server.port)
        self.domain = f"bench-{os.urandom(4).hex()}"
        self.tokens = []
        self.work_type = {"name": "work", "version": "1"}
        self.call("RegisterDomain", name=self.domain, workflowExecutionRetentionPeriodInDays="1")
        self.call("RegisterWorkflowType", domain=self.domain, **self.work_type)
        self.call("RegisterActivityType", domain=self.domain, **self.work_type)

    def call(self, operation, **members):
        return self.connection.call(operation, **members)

    def grow(self, count, patience):
        """Claims until `count` are open; False if that would take longer than `patience` seconds."""
        begun, had = time.monotonic(), len(self.tokens)
        while len(self.tokens) < count:
            self.claim()
            taken = time.monotonic() - begun
            projected = taken / (len(self.tokens) - had) * (count - had)
            if taken > PROJECTED_AFTER and projected > patience:
                return False
        return True

    def claim(self):
        """One more execution, its decision, its activity task."""
        at, number = {"domain": self.domain, "taskList": {"name": "list"}}, len(self.tokens)
        self.call(
            "StartWorkflowExecution",
            **at,
            workflowId=f"execution-{number}",
            workflowType=self.work_type,
            executionStartToCloseTimeout=DAY,
            taskStartToCloseTimeout=HOUR,
            childPolicy="TERMINATE",
        )
        schedule = {
            "activityId": f"activity-{number}",
            "activityType": self.work_type,
            "taskList": at["taskList"],
            "heartbeatTimeout": HOUR,
            "scheduleToStartTimeout": HOUR,
            "startToCloseTimeout": DAY,
            "scheduleToCloseTimeout": DAY,
        }
        decision = {"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": schedule}
        token = self.call("PollForDecisionTask", **at)["taskToken"]
        self.call("RespondDecisionTaskCompleted", taskToken=token, decisions=[decision])
        task = self.call("PollForActivityTask", **at)
        if task.get("activityId") != schedule["activityId"]:
            sys.exit(f"a poll for {schedule['activityId']} was answered with {task}")
        self.tokens.append(task["taskToken"].encode())


def measure(server, client, options):
    """The figures of one server: those of its start and idleness, and a row for each number of tasks."""
    figures = {"name": server.name, "rows": {}}
    if server.command:
        starts = []
        for _ in range(STARTS):
            server.stop()
            starts.append(server.start())
        listening, answering = (statistics.median(times) * 1000 for times in zip(*starts))
        figures |= {"listening": listening, "answering": answering}
        print(f"{server.name}: listens after {listening:.1f} ms, has answered after {answering:.1f} ms")
        time.sleep(SETTLE)
        figures["idle"] = server.memory()
        print(f"{server.name}: idle in {show(figures['idle'], '.1f')} MB")
    else:
        # Whatever it holds already, it was not seen idle.
        print(f"{server.name}: {show(server.memory(), '.1f')} MB so far")
    tasks = Tasks(server)
    for count in options.tasks:
        if not tasks.grow(count, options.patience):
            print(f"  {count:7,} tasks: given up, claiming them would take longer than {options.patience:g} s")
            break
        row = beat_all(server, client(server.host, server.port), tasks.tokens, options.seconds)
        figures["rows"][count] = row
        flat = ratio(row["cpu"], figures["rows"][options.tasks[0]]["cpu"])
        row["flat"] = flat
        print(
            f"  {count:7,} tasks: {row['rate']:9,.0f} heartbeats/s, {show(row['cpu'], '9.1f')} us CPU each, "
            f"{show(flat, '5.2f')} x that of the first, {show(row['memory'], '7.1f')} MB"
        )
    return figures


def beat_all(server, client, tokens, seconds):
    """Heartbeats a second, processor microseconds of the server for each, and its memory then."""
    order = list(tokens)
    random.Random(1).shuffle(order)
    position = beats_for(WARM_UP, client, order, 0)
    rates, costs = [], []
    for _ in range(ROUNDS):
        cpu, begun, first = server.cpu(), time.monotonic(), position
        position = beats_for(seconds, client, order, position)
        beats, taken = position - first, time.monotonic() - begun
        rates.append(beats / taken)
        costs.append(None if cpu is None else (server.cpu() - cpu) / beats * 1e6)
    cpu = None if None in costs else statistics.median(costs)
    return {"rate": statistics.median(rates), "cpu": cpu, "memory": server.memory()}


def beats_for(seconds, client, order, position):
    """Sends heartbeats round and round from a position on; the position after the last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not client.beat(order[position % len(order)]):
            sys.exit("a heartbeat was answered with a request to cancel, which nobody has made")
        position += 1
    return position


def bars(judged, yardstick):
    """What each bar is about, the figure, the most it may be."""

    def cpu(server, count):
        return server["rows"].get(count, {}).get("cpu")

    other = yardstick or {"rows": {}}
    name = yardstick["name"] if yardstick else "a second server"
    return [
        (f"CPU a call at 500 tasks, of {name}'s", ratio(cpu(judged, 500), cpu(other, 500)), 0.01),
        ("CPU a call at 10,000 tasks, of that at 50", ratio(cpu(judged, 10_000), cpu(judged, 50)), 1.5),
        ("CPU a call at 100,000 tasks, of that at 50", ratio(cpu(judged, 100_000), cpu(judged, 50)), 3),
        (f"time until it listens, of {name}'s", ratio(judged.get("listening"), other.get("listening")), 0.1),
        ("idle memory in MB", judged.get("idle"), 12),
    ]


def ratio(part, whole):
    return part / whole if part is not None and whole else None


def show(value, form):
    return "-" if value is None else format(value, form)


class InOrder(argparse.Action):
    """Keeps servers in the order given, with the process id that belongs to each."""

    def __call__(self, parser, namespace, value, option=None):
        servers = namespace.servers = namespace.servers or []
        if option != "--pid":
            servers.append(Server(option, value))
        elif servers and not servers[-1].command:
            servers[-1].pid = value
        else:
            parser.error("--pid belongs after an --endpoint")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--start", dest="servers", action=InOrder, metavar="COMMAND", help="a server to start, with -p or --port")
    add("--endpoint", dest="servers", action=InOrder, metavar="URL", help="one that runs")
    add("--pid", dest="servers", action=InOrder, type=int, help="the process of the endpoint before")
    add("--tasks", default="50,500,10000", metavar="N,N,...", help="how many are open; such as 50,500,10000,100000")
    add("--seconds", type=float, default=2, help=f"how long each of {ROUNDS} rounds of heartbeats takes")
    add("--patience", type=float, default=120, metavar="SECONDS", help="how long claiming the tasks may take")
    add("--botocore", action="store_true", help="send the heartbeats with botocore")
    options = parser.parse_args()
    if not options.servers or len(options.servers) > 2:
        parser.error("one or two servers, please: --start COMMAND or --endpoint URL")
    try:
        options.tasks = sorted({int(count) for count in options.tasks.split(",")})
    except ValueError:
        parser.error(f"--tasks '{options.tasks}' is not like 50,500")
    return options


def main():
    options = arguments()
    figures = []
    for server in options.servers:
        try:
            figures.append(measure(server, Botocore if options.botocore else Raw, options))
        except OSError as error:
            sys.exit(f"{server.name}: {error}")
        finally:
            server.stop()
    beyond = len(figures[0]["rows"]) < len(options.tasks)
    if beyond:
        print(f"{figures[0]['name']} was too slow to hold as many tasks as asked  BEYOND THE BAR")
    for what, value, bar in bars(figures[0], figures[1] if len(figures) > 1 else None):
        beyond |= value is not None and value > bar
        verdict = "not measured" if value is None else "BEYOND THE BAR" if value > bar else "ok"
        print(f"{what:50} {show(value, '9.4g'):>9}  bar {bar:<5}  {verdict}")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
