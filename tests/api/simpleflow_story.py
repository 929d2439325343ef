#!/usr/bin/env python3
"""Has simpleflow, a framework for SWF from PyPI, run a workflow with its own decider and worker on a running emulator.

    python simpleflow_story.py --endpoint http://127.0.0.1:PORT

Needs simpleflow from PyPI. It is neither changed nor configured, but for the environment variables that the emulator
prints. Ends with 1 if the workflow has not ended well within a minute, and says what simpleflow had to say.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from swf_story import Lie, Story, attributes, check, equal, seconds_between

LIMIT = 60
# How long they may take to leave: a poll that is held is waited for.
LEAVING = 15


class Simpleflow:
    """simpleflow's commands, each in a process of its own, in a home that knows nothing."""

    def __init__(self, endpoint, domain, home):
        self.program = Path(sys.executable).with_name("simpleflow")
        self.home = Path(home)
        # No AWS settings of the user's: swf_story has removed them.
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL_SWF": endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "emulator",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "SWF_DOMAIN": domain,
            "HOME": home,
            "PYTHONPATH": str(Path(__file__).parent),
        }
        self.running = {}

    def call(self, *arguments):
        """Runs a command to its end; what it prints."""
        command = [self.program, *arguments]
        ended = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=LIMIT
        )
        equal(f"simpleflow {arguments[0]}", ended.returncode, 0)
        return ended.stdout

    def start(self, command, *arguments):
        """Starts one of its services, with a log."""
        with open(self.home / f"{command}.log", "wb") as log:
            self.running[command] = subprocess.Popen(
                [self.program, command, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def leave(self):
        """As an operator would end them: all leave in good order."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for command, process in self.running.items():
            equal(f"simpleflow {command} leaves", process.wait(LEAVING), 0)

    def kill(self):
        """Whatever is left, children included."""
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def logs(self):
        return [f"---- {path.name}\n{path.read_text(errors='replace')}" for path in sorted(self.home.glob("*.log"))]


def run(story, simpleflow):
    """Runs the workflow to its end; its history."""
    story.swf.register_domain(name=story.domain, workflowExecutionRetentionPeriodInDays="1")
    flow = "simpleflow_rack.Maintenance"
    simpleflow.start("decider.start", "--nb-processes", "1", flow)
    simpleflow.start("worker.start", "--nb-processes", "2", "--heartbeat", "1", "--task-list", "rack")
    started = simpleflow.call("workflow.start", "--workflow-id", "rack-42", "--input", "[[3, 17, 9]]", flow)
    workflow_id, run_id = started.split()

    last = time.monotonic() + LIMIT
    while story.describe(workflow_id, run_id)["executionInfo"]["executionStatus"] == "OPEN":
        ended = [command for command, process in simpleflow.running.items() if process.poll() is not None]
        if ended:
            raise Lie(f"simpleflow {ended} ended before the workflow did")
        if time.monotonic() > last:
            raise Lie(f"the workflow is still open after {LIMIT} s")
        time.sleep(0.5)
    return story.history(workflow_id, run_id)


def look_back(events):
    kinds = [event["eventType"] for event in events]
    equal("the workflow's end", kinds[-1], "WorkflowExecutionCompleted")
    result = json.loads(attributes(events[-1])["result"])
    equal("its result", result, {"errors": 9, "stuck": "ValueError: slot 3 is stuck"})
    # What is not registered yet, simpleflow registers when the service says so.
    causes = [attributes(event)["cause"] for event in events if event["eventType"] == "ScheduleActivityTaskFailed"]
    equal("missing types are learned of", set(causes), {"ACTIVITY_TYPE_DOES_NOT_EXIST"})
    equal("the timer has fired", kinds.count("TimerFired"), 1)
    equal("the stuck slot was tried again", kinds.count("ActivityTaskFailed"), 2)
    equal("heartbeats kept every task alive", kinds.count("ActivityTaskTimedOut"), 0)
    completed = [event for event in events if event["eventType"] == "ActivityTaskCompleted"]
    equal("the others went well", len(completed), 4)
    lasted = [seconds_between(events[attributes(event)["startedEventId"] - 1], event) for event in completed]
    check("one for longer than a heartbeat timeout", max(lasted) > 4, lasted)


def main():
    parser = argparse.ArgumentParser(description="Has simpleflow run a workflow on a running SWF emulator.")
    parser.add_argument("--endpoint", required=True, help="such as http://127.0.0.1:8080")
    arguments = parser.parse_args()
    story = Story(arguments.endpoint, poll_hold=60)
    with tempfile.TemporaryDirectory() as home:
        simpleflow = Simpleflow(arguments.endpoint, story.domain, home)
        try:
            look_back(run(story, simpleflow))
            simpleflow.leave()
        except (Lie, subprocess.TimeoutExpired) as lie:
            print(*simpleflow.logs(), sep="\n", file=sys.stderr)
            print(f"LIE {lie}", file=sys.stderr)
            return 1
        finally:
            simpleflow.kill()
    print("--  no lies found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
