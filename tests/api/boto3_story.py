#!/usr/bin/env python3
"""Drives a running emulator through a whole story with boto3 and compares every answer with what SWF would say.

    python boto3_story.py --endpoint http://127.0.0.1:PORT [--poll-hold SECONDS]

Needs boto3 from PyPI and nothing else: no credentials, no configuration. Every answer is also held against
botocore's model of the API. Prints what it checked; ends with 1 at the first lie.
"""

import argparse
import json
import os
import sys
import threading
import time
import uuid

# Nothing of the user's AWS setup may have a part in this.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

VALIDATION = "ValidationException"
UNKNOWN = "UnknownResourceFault"


class Lie(Exception):
    """The emulator said something SWF would not."""


def check(what, truth, *context):
    if not truth:
        raise Lie(" ".join([what] + [repr(part) for part in context]))
    print(f"ok  {what}", flush=True)


def equal(what, found, expected):
    if found != expected:
        raise Lie(f"{what}: found {found!r}, expected {expected!r}")
    print(f"ok  {what}", flush=True)


# ---- answers against the model ------------------------------------------------------------------------------


def against_model(value, shape, at):
    """Raises unless a JSON value is exactly what the model says: members, types, lengths, enums."""

    def wrong(why):
        raise Lie(f"{at} does not fit the model: {why}: {value!r}")

    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            wrong("not an object")
        for name in shape.required_members:
            if name not in value:
                wrong(f"{name} is missing")
        for name, member in value.items():
            if name not in shape.members:
                wrong(f"{name} is not a member")
            against_model(member, shape.members[name], f"{at}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            wrong("not a list")
        for n, member in enumerate(value):
            against_model(member, shape.member, f"{at}[{n}]")
    elif kind == "string":
        if not isinstance(value, str):
            wrong("not a string")
        if shape.enum and value not in shape.enum:
            wrong(f"not one of {shape.enum}")
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", sys.maxsize):
            wrong(f"its length is not within {shape.metadata}")
    elif kind in ("integer", "long"):
        if type(value) is not int:
            wrong("not an integer")
        if not shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value):
            wrong(f"not within {shape.metadata}")
    elif kind == "boolean":
        if not isinstance(value, bool):
            wrong("not a boolean")
    elif kind == "timestamp":
        if type(value) not in (int, float) or not 1e9 < value < 1e10:
            wrong("not seconds since 1970")
    else:
        wrong(f"unexpected shape {kind}")


def watch(http_response, model, **_):
    """Runs after every call, on the bytes as they came."""
    raw, headers = http_response.content, http_response.headers
    if headers.get("content-type") != "application/x-amz-json-1.0":
        raise Lie(f"{model.name}: content type {headers.get('content-type')}")
    uuid.UUID(headers["x-amzn-requestid"])
    if http_response.status_code != 200:
        if not {"__type", "message"} <= json.loads(raw).keys():
            raise Lie(f"{model.name}: a fault without type or message: {raw}")
    elif model.output_shape is None:
        if raw != b"":
            raise Lie(f"{model.name} has no output, but came with {raw}")
    elif model.name.startswith("PollFor") and b"taskToken" not in raw:
        empty = b'{"startedEventId":0}'
        if model.name == "PollForDecisionTask":
            empty = b'{"previousStartedEventId":0,"startedEventId":0}'
        if raw != empty:
            raise Lie(f"{model.name}: an empty poll is {raw}")
    else:
        against_model(json.loads(raw), model.output_shape, model.name)


# ---- the service, in the words of the story -----------------------------------------------------------------


class Story:
    def __init__(self, endpoint, poll_hold):
        self.swf = boto3.client(
            "swf",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(
                retries={"total_max_attempts": 1},
                read_timeout=poll_hold + 15,
                parameter_validation=False,
                max_pool_connections=20,
            ),
        )
        self.swf.meta.events.register("after-call.swf.*", watch)
        self.poll_hold = poll_hold
        self.domain = f"story-{uuid.uuid4().hex[:12]}"
        self.lists = 0

    def fault(self, what, operation, code, message, **arguments):
        """The call fails with this code and message."""
        try:
            getattr(self.swf, operation)(**arguments)
        except ClientError as error:
            found = error.response["Error"]
            equal(f"{what}: {code}", (found["Code"], found["Message"]), (code, message))
            equal(f"{what}: status", error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        else:
            raise Lie(f"{what}: {operation} was accepted")

    def task_list(self):
        """A fresh pair of task lists, so that parts of the story do not take each other's tasks."""
        self.lists += 1
        return {"name": f"list-{self.lists}"}

    def start(self, workflow_id, task_list, **more):
        return self.swf.start_workflow_execution(
            domain=self.domain,
            workflowId=workflow_id,
            workflowType={"name": "Flow", "version": "1"},
            taskList=task_list,
            **more,
        )["runId"]

    def decide(self, task_list, *decisions, **more):
        task = self.swf.poll_for_decision_task(domain=self.domain, taskList=task_list, identity="decider")
        check("a decision task is there", "taskToken" in task)
        self.swf.respond_decision_task_completed(taskToken=task["taskToken"], decisions=list(decisions), **more)
        return task

    def claim(self, task_list):
        task = self.swf.poll_for_activity_task(domain=self.domain, taskList=task_list, identity="worker")
        check("an activity task is there", "taskToken" in task)
        return task

    def history(self, workflow_id, run_id, **more):
        execution = {"workflowId": workflow_id, "runId": run_id}
        return self.swf.get_workflow_execution_history(domain=self.domain, execution=execution, **more)["events"]

    def describe(self, workflow_id, run_id):
        execution = {"workflowId": workflow_id, "runId": run_id}
        return self.swf.describe_workflow_execution(domain=self.domain, execution=execution)

    def pending(self, task_list):
        return self.swf.count_pending_activity_tasks(domain=self.domain, taskList=task_list)["count"]


def schedule(activity_id, task_list, **more):
    attributes = {"activityId": activity_id, "activityType": {"name": "Act", "version": "1"}, "taskList": task_list}
    return {
        "decisionType": "ScheduleActivityTask",
        "scheduleActivityTaskDecisionAttributes": {**attributes, **more},
    }


def request_cancel(activity_id):
    return {
        "decisionType": "RequestCancelActivityTask",
        "requestCancelActivityTaskDecisionAttributes": {"activityId": activity_id},
    }


def start_timer(timer_id, seconds):
    attributes = {"timerId": timer_id, "startToFireTimeout": seconds}
    return {"decisionType": "StartTimer", "startTimerDecisionAttributes": attributes}


def attributes(event):
    return next(value for name, value in event.items() if name.endswith("EventAttributes"))


def of_type(events, event_type):
    found = [event for event in events if event["eventType"] == event_type]
    check(f"{event_type} is in the history", found)
    return found[-1]


def seconds_between(earlier, later):
    return round((later["eventTimestamp"] - earlier["eventTimestamp"]).total_seconds(), 3)


# ---- the parts ----------------------------------------------------------------------------------------------


def registration(story):
    swf, domain = story.swf, story.domain
    swf.register_domain(name=domain, workflowExecutionRetentionPeriodInDays="7", description="a story")
    described = swf.describe_domain(name=domain)
    equal("the domain's configuration", described["configuration"], {"workflowExecutionRetentionPeriodInDays": "7"})
    check("the domain's ARN", described["domainInfo"]["arn"].endswith(f":/domain/{domain}"))
    listed = swf.list_domains(registrationStatus="REGISTERED")["domainInfos"]
    check("the domain is listed", domain in [info["name"] for info in listed])

    none = {f"defaultTask{name}Timeout": "NONE" for name in ("StartToClose", "Heartbeat", "ScheduleToStart")}
    swf.register_activity_type(
        domain=domain, name="Act", version="1", defaultTaskScheduleToCloseTimeout="600", **none
    )
    swf.register_activity_type(domain=domain, name="Other", version="1")
    swf.register_workflow_type(
        domain=domain,
        name="Flow",
        version="1",
        defaultTaskStartToCloseTimeout="60",
        defaultExecutionStartToCloseTimeout="600",
        defaultChildPolicy="TERMINATE",
    )
    described = swf.describe_activity_type(domain=domain, activityType={"name": "Act", "version": "1"})
    equal("the type's defaults", described["configuration"], {"defaultTaskScheduleToCloseTimeout": "600", **none})
    pages = swf.get_paginator("list_activity_types").paginate(
        domain=domain, registrationStatus="REGISTERED", reverseOrder=True, PaginationConfig={"PageSize": 1}
    )
    names = [info["activityType"]["name"] for page in pages for info in page["typeInfos"]]
    equal("types page by page, in reverse", names, ["Other", "Act"])


def main_story(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    run_id = story.start("main", task_list, input="in", tagList=["tag"])
    count = swf.count_pending_decision_tasks(domain=domain, taskList=task_list)["count"]
    equal("one decision is pending", count, 1)
    marker = {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m"}}
    task = story.decide(
        task_list,
        schedule("one", task_list, input="work", heartbeatTimeout="60"),
        schedule("two", task_list),
        marker,
        executionContext="context",
    )
    equal("the first decision task", (task["previousStartedEventId"], task["startedEventId"]), (0, 3))
    equal("two activity tasks are pending", story.pending(task_list), 2)
    one = story.claim(task_list)
    equal("first in, first out", (one["activityId"], one["input"], one["startedEventId"]), ("one", "work", 8))
    check("the token is long and opaque", 200 < len(one["taskToken"]) <= 1024)
    equal("one is still pending", story.pending(task_list), 1)
    beat = swf.record_activity_task_heartbeat(taskToken=one["taskToken"], details="50%")
    equal("no cancellation", beat["cancelRequested"], False)
    swf.respond_activity_task_completed(taskToken=one["taskToken"], result="done")
    two = story.claim(task_list)
    swf.respond_activity_task_failed(taskToken=two["taskToken"], reason="why", details="how")
    closing = {"decisionType": "CompleteWorkflowExecution"}
    closing["completeWorkflowExecutionDecisionAttributes"] = {"result": "all done"}
    story.decide(task_list, closing)

    events = story.history("main", run_id)
    equal("events are numbered from 1", [event["eventId"] for event in events], list(range(1, len(events) + 1)))
    types = (
        "WorkflowExecutionStarted DecisionTaskScheduled DecisionTaskStarted DecisionTaskCompleted"
        " ActivityTaskScheduled ActivityTaskScheduled MarkerRecorded ActivityTaskStarted ActivityTaskCompleted"
        " DecisionTaskScheduled ActivityTaskStarted ActivityTaskFailed DecisionTaskStarted DecisionTaskCompleted"
        " WorkflowExecutionCompleted"
    )
    equal("the whole history", [event["eventType"] for event in events], types.split())
    scheduled = attributes(events[4])
    timeouts = {name: value for name, value in scheduled.items() if name.endswith("Timeout")}
    effective = {
        "scheduleToStartTimeout": "NONE",
        "scheduleToCloseTimeout": "600",
        "startToCloseTimeout": "NONE",
        "heartbeatTimeout": "60",
    }
    equal("the effective timeouts are in the event", timeouts, effective)
    equal("completed", attributes(events[8]), {"scheduledEventId": 5, "startedEventId": 8, "result": "done"})
    failed = {"scheduledEventId": 6, "startedEventId": 11, "reason": "why", "details": "how"}
    equal("failed", attributes(events[11]), failed)
    described = story.describe("main", run_id)
    info = described["executionInfo"]
    equal("closed as completed", (info["executionStatus"], info["closeStatus"]), ("CLOSED", "COMPLETED"))
    equal("nothing is open", set(described["openCounts"].values()), {0})
    equal("the context is kept", described["latestExecutionContext"], "context")

    closed = f"Unknown execution: WorkflowExecution=[workflowId=main, runId={run_id}]"
    token = one["taskToken"]
    story.fault("a token of a closed execution", "record_activity_task_heartbeat", UNKNOWN, closed, taskToken=token)
    pages(story, "main", run_id, len(events))


def pages(story, workflow_id, run_id, length):
    for reverse in (False, True):
        paginator = story.swf.get_paginator("get_workflow_execution_history")
        found = paginator.paginate(
            domain=story.domain,
            execution={"workflowId": workflow_id, "runId": run_id},
            reverseOrder=reverse,
            PaginationConfig={"PageSize": 4},
        )
        found = [[event["eventId"] for event in page["events"]] for page in found]
        order = list(range(1, length + 1))[:: -1 if reverse else 1]
        expected = [order[n : n + 4] for n in range(0, length, 4)]
        equal(f"history page by page{', in reverse' if reverse else ''}", found, expected)


def cancellation(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    run_id = story.start("cancel", task_list)
    story.decide(task_list, schedule("started", task_list))
    task = story.claim(task_list)
    token = task["taskToken"]
    swf.request_cancel_workflow_execution(domain=domain, workflowId="cancel")
    beat = swf.record_activity_task_heartbeat(taskToken=token)
    equal("a workflow's cancel request does not reach the task", beat["cancelRequested"], False)
    info = story.describe("cancel", run_id)["executionInfo"]
    equal("but the execution has it", info["cancelRequested"], True)
    elsewhere = story.task_list()
    story.decide(task_list, request_cancel("started"), schedule("waiting", elsewhere), start_timer("t", "1"))
    for _ in range(2):
        beat = swf.record_activity_task_heartbeat(taskToken=token, details="stopping")
        equal("the task learns of RequestCancelActivityTask", beat["cancelRequested"], True)
    swf.respond_activity_task_canceled(taskToken=token, details="given up")
    story.decide(task_list, request_cancel("waiting"), request_cancel("nobody"))
    equal("a canceled task does not wait any more", story.pending(elsewhere), 0)

    events = story.history("cancel", run_id)
    requested = [event for event in events if event["eventType"] == "ActivityTaskCancelRequested"]
    canceled = [attributes(event) for event in events if event["eventType"] == "ActivityTaskCanceled"]
    expected = {"scheduledEventId": 5, "startedEventId": 6, "details": "given up"}
    expected["latestCancelRequestedEventId"] = requested[0]["eventId"]
    equal("the started task is canceled by its worker", canceled[0], expected)
    equal("the waiting task is canceled at once", canceled[1]["startedEventId"], 0)
    failed = attributes(of_type(events, "RequestCancelActivityTaskFailed"))
    equal("an unknown activity", (failed["activityId"], failed["cause"]), ("nobody", "ACTIVITY_ID_UNKNOWN"))
    closed = "Unknown activity, scheduledEventId = 5"
    for operation in ("record_activity_task_heartbeat", "respond_activity_task_completed"):
        story.fault("a closed task", operation, UNKNOWN, closed, taskToken=token)


def timeouts(story):
    """All of them at once, each in an execution of its own."""
    swf = story.swf
    cases = {
        "HEARTBEAT": {"heartbeatTimeout": "1"},
        "START_TO_CLOSE": {"startToCloseTimeout": "1", "heartbeatTimeout": "30"},
        "SCHEDULE_TO_CLOSE": {"scheduleToCloseTimeout": "1"},
        "SCHEDULE_TO_START": {"scheduleToStartTimeout": "1"},
    }
    started = {}
    for kind, limits in cases.items():
        task_list = story.task_list()
        run_id = story.start(kind, task_list)
        story.decide(task_list, schedule("a", task_list, **limits))
        token = None
        if kind != "SCHEDULE_TO_START":
            token = story.claim(task_list)["taskToken"]
            swf.record_activity_task_heartbeat(taskToken=token, details=f"last words of {kind}")
        started[kind] = (run_id, task_list, token)
    execution_list, decision_list = story.task_list(), story.task_list()
    execution = story.start("execution", execution_list, executionStartToCloseTimeout="1", childPolicy="ABANDON")
    decision = story.start("decision", decision_list, taskStartToCloseTimeout="1")
    late = swf.poll_for_decision_task(domain=story.domain, taskList=decision_list)["taskToken"]
    time.sleep(2)

    for kind, (run_id, task_list, token) in started.items():
        events = story.history(kind, run_id)
        ended = of_type(events, "ActivityTaskTimedOut")
        expected = {"timeoutType": kind, "scheduledEventId": 5, "startedEventId": 6 if token else 0}
        if token:
            expected["details"] = f"last words of {kind}"
        equal(f"{kind} ends the task", attributes(ended), expected)
        opened = of_type(events, "ActivityTaskStarted" if kind == "START_TO_CLOSE" else "ActivityTaskScheduled")
        if kind != "HEARTBEAT":
            equal(f"{kind} on time", seconds_between(opened, ended), 1.0)
        check("the decider hears of it", events[-1]["eventType"] == "DecisionTaskScheduled", events[-1])
        equal("nothing waits", story.pending(task_list), 0)
        if token:
            gone = "Unknown activity, scheduledEventId = 5"
            story.fault(f"after {kind}", "record_activity_task_heartbeat", UNKNOWN, gone, taskToken=token)

    events = story.history("execution", execution)
    equal("the execution times out on time", seconds_between(events[0], events[-1]), 1.0)
    ended = attributes(of_type(events, "WorkflowExecutionTimedOut"))
    equal("its last event", ended, {"timeoutType": "START_TO_CLOSE", "childPolicy": "ABANDON"})
    equal("its status", story.describe("execution", execution)["executionInfo"]["closeStatus"], "TIMED_OUT")
    events = story.history("decision", decision)
    ended = attributes(of_type(events, "DecisionTaskTimedOut"))
    expected = {"timeoutType": "START_TO_CLOSE", "scheduledEventId": 2, "startedEventId": 3}
    equal("the decision task times out", ended, expected)
    gone = "Unknown decision task, scheduledEventId = 2"
    story.fault("a late decision", "respond_decision_task_completed", UNKNOWN, gone, taskToken=late)


def termination(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    run_id = story.start("end", task_list)
    story.decide(task_list, schedule("a", task_list))
    token = story.claim(task_list)["taskToken"]
    swf.signal_workflow_execution(domain=domain, workflowId="end", signalName="signal", input="with input")
    swf.terminate_workflow_execution(domain=domain, workflowId="end", runId=run_id, reason="enough", details="d")
    events = story.history("end", run_id)
    signaled = {"signalName": "signal", "input": "with input"}
    equal("the signal", attributes(of_type(events, "WorkflowExecutionSignaled")), signaled)
    ended = {"reason": "enough", "details": "d", "childPolicy": "TERMINATE", "cause": "OPERATOR_INITIATED"}
    equal("the end", attributes(events[-1]), ended)
    closed = f"Unknown execution: WorkflowExecution=[workflowId=end, runId={run_id}]"
    story.fault("its task", "respond_activity_task_completed", UNKNOWN, closed, taskToken=token)
    again = {"domain": domain, "workflowId": "end", "signalName": "s"}
    story.fault("signal to nobody", "signal_workflow_execution", UNKNOWN, "Unknown execution, workflowId = end", **again)
    story.fault("signal to the closed run", "signal_workflow_execution", UNKNOWN, closed, runId=run_id, **again)


def violation(value, member, constraint):
    return f"Value {value} at '{member}' failed to satisfy constraint: Member must {constraint}"


def faults(story):
    domain, task_list = story.domain, story.task_list()
    one = "1 validation error detected: "
    story.start("open", task_list)
    start = {"domain": domain, "workflowId": "open", "workflowType": {"name": "Flow", "version": "1"}}
    days = {"workflowExecutionRetentionPeriodInDays": "7"}
    story.fault("domain twice", "register_domain", "DomainAlreadyExistsFault", domain, name=domain, **days)
    missing = {"domain": "no-such-domain", "taskList": task_list}
    story.fault("no domain", "poll_for_activity_task", UNKNOWN, "Unknown domain: no-such-domain", **missing)
    kind = {"domain": domain, "name": "Act", "version": "1"}
    exists = "ActivityType=[name=Act, version=1]"
    story.fault("type twice", "register_activity_type", "TypeAlreadyExistsFault", exists, **kind)
    unknown = "Unknown type: ActivityType=[name=Act, version=9]"
    nine = {"name": "Act", "version": "9"}
    story.fault("no type", "describe_activity_type", UNKNOWN, unknown, domain=domain, activityType=nine)
    started = "WorkflowExecutionAlreadyStartedFault"
    story.fault("open twice", "start_workflow_execution", started, "Already Started", taskList=task_list, **start)
    start["workflowId"] = "other"
    story.fault("no default", "start_workflow_execution", "DefaultUndefinedFault", "taskList", **start)

    story.decide(task_list, schedule("a", task_list))
    token = story.claim(task_list)["taskToken"]
    for operation, member, limit in (
        ("record_activity_task_heartbeat", "details", 2048),
        ("respond_activity_task_failed", "reason", 256),
        ("respond_activity_task_completed", "result", 32768),
    ):
        long = "x" * (limit + 1)
        message = one + violation(f"'{long}'", member, f"have length less than or equal to {limit}")
        story.fault(f"long {member}", operation, VALIDATION, message, taskToken=token, **{member: long})
    null = violation("null", "taskToken", "not be null")
    story.fault("no token", "respond_activity_task_completed", VALIDATION, one + null)
    story.fault("garbage", "record_activity_task_heartbeat", VALIDATION, "Invalid token", taskToken="None")
    long = "x" * 257
    both = f"2 validation errors detected: {null}; "
    both += violation(f"'{long}'", "reason", "have length less than or equal to 256")
    story.fault("two at once", "respond_activity_task_failed", VALIDATION, both, reason=long)
    enum = violation("'X'", "registrationStatus", "satisfy enum value set: [REGISTERED, DEPRECATED]")
    story.fault("bad enum", "list_domains", VALIDATION, one + enum, registrationStatus="X")
    large = violation("'1001'", "maximumPageSize", "have value less than or equal to 1000")
    arguments = {"registrationStatus": "REGISTERED", "maximumPageSize": 1001}
    story.fault("large page", "list_domains", VALIDATION, one + large, **arguments)
    arguments = {"registrationStatus": "REGISTERED", "nextPageToken": "garbage"}
    story.fault("bad page token", "list_domains", VALIDATION, "Invalid token", **arguments)
    beat = story.swf.record_activity_task_heartbeat(taskToken=token)
    equal("the task is still open after all that", beat["cancelRequested"], False)


def long_polls(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    answers = {}

    def poll(name, operation):
        begun = time.monotonic()
        answer = operation(domain=domain, taskList=task_list)
        answers[name] = (time.monotonic() - begun, answer)

    def in_parallel(*polls):
        threads = [threading.Thread(target=poll, args=each) for each in polls]
        for thread in threads:
            thread.start()
        return threads

    for thread in in_parallel(("a", swf.poll_for_activity_task), ("d", swf.poll_for_decision_task)):
        thread.join()
    for name in ("a", "d"):
        held, answer = answers[name]
        check(f"an empty poll is held ({held:.1f} s)", story.poll_hold - 0.05 <= held < story.poll_hold + 5)
        check("and has no token", "taskToken" not in answer and answer["startedEventId"] == 0, answer)

    threads = in_parallel(("task", swf.poll_for_activity_task))
    time.sleep(0.5)
    run_id = story.start("held", task_list)
    story.decide(task_list, schedule("a", task_list))
    threads[0].join()
    held, answer = answers["task"]
    check(f"a held poll gets the task at once ({held:.1f} s)", held < min(story.poll_hold, 5) and "taskToken" in answer)
    events = story.history("held", run_id)
    check("started right when it was scheduled", seconds_between(events[4], events[5]) < 0.1, events)


def main():
    parser = argparse.ArgumentParser(description="Drives a running SWF emulator through a story and checks its answers.")
    parser.add_argument("--endpoint", required=True, help="such as http://127.0.0.1:8080")
    parser.add_argument("--poll-hold", type=float, default=60, help="how many seconds it holds a poll (60)")
    arguments = parser.parse_args()
    story = Story(arguments.endpoint, arguments.poll_hold)
    try:
        for part in (registration, main_story, cancellation, timeouts, termination, faults, long_polls):
            print(f"--  {part.__name__}")
            part(story)
    except Lie as lie:
        print(f"LIE {lie}", file=sys.stderr)
        return 1
    print("--  no lies found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
