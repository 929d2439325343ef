#!/usr/bin/env python3
"""Drives a running emulator through a whole story with boto3 and compares every answer with what SWF would say.

    python boto3_story.py --endpoint http://127.0.0.1:PORT [--poll-hold SECONDS]

Needs boto3 from PyPI and nothing else: no credentials, no configuration. Every answer is also held against
botocore's model of the API, and at the end every operation, decision and kind of event must have come up. Prints what
it checked; ends with 1 at the first lie.
"""

import argparse
import sys
import threading
import time

import boto3_executions
import boto3_registry
from swf_story import (
    SEEN,
    UNKNOWN,
    VALIDATION,
    Lie,
    Story,
    attributes,
    check,
    equal,
    of_type,
    request_cancel,
    schedule,
    seconds_between,
    start_timer,
)


def registration(story):
    swf, domain = story.swf, story.domain
    swf.register_domain(name=domain, workflowExecutionRetentionPeriodInDays="7", description="a story")
    described = swf.describe_domain(name=domain)
    equal("the domain's configuration", described["configuration"], {"workflowExecutionRetentionPeriodInDays": "7"})
    check("the domain's ARN", described["domainInfo"]["arn"].endswith(f":/domain/{domain}"))
    listed = swf.list_domains(registrationStatus="REGISTERED")["domainInfos"]
    check("the domain is listed", domain in [info["name"] for info in listed])

    none = {f"defaultTask{name}Timeout": "NONE" for name in ("StartToClose", "Heartbeat", "ScheduleToStart")}
    swf.register_activity_type(domain=domain, name="Act", version="1", defaultTaskScheduleToCloseTimeout="600", **none)
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
    signaled = {"signalName": "signal", "input": "with input", "externalInitiatedEventId": 0}
    equal("the signal", attributes(of_type(events, "WorkflowExecutionSignaled")), signaled)
    ended = {"reason": "enough", "details": "d", "childPolicy": "TERMINATE", "cause": "OPERATOR_INITIATED"}
    equal("the end", attributes(events[-1]), ended)
    closed = f"Unknown execution: WorkflowExecution=[workflowId=end, runId={run_id}]"
    story.fault("its task", "respond_activity_task_completed", UNKNOWN, closed, taskToken=token)
    again = {"domain": domain, "workflowId": "end", "signalName": "s"}
    story.fault(
        "signal to nobody", "signal_workflow_execution", UNKNOWN, "Unknown execution, workflowId = end", **again
    )
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


def everything(story):
    """All operations and all kinds of events have come up, but those that this service never has."""
    model = story.swf.meta.service_model
    equal("operations never called", set(model.operation_names) - SEEN["operations"], set())
    # No Lambda functions, and no permissions that a marker could lack.
    lambdas = {f"LambdaFunction{how}" for how in ("Scheduled", "Started", "Completed", "Failed", "TimedOut")}
    never = lambdas | {"StartLambdaFunctionFailed", "RecordMarkerFailed"}
    kinds = set(model.shape_for("EventType").enum)
    equal("kinds of events that never came up", kinds - never - SEEN["events"], set())


def main():
    parser = argparse.ArgumentParser(
        description="Drives a running SWF emulator through a story and checks its answers."
    )
    parser.add_argument("--endpoint", required=True, help="such as http://127.0.0.1:8080")
    parser.add_argument("--poll-hold", type=float, default=60, help="how many seconds it holds a poll (60)")
    arguments = parser.parse_args()
    story = Story(arguments.endpoint, arguments.poll_hold)
    try:
        for part in (
            registration,
            main_story,
            cancellation,
            timeouts,
            termination,
            faults,
            *boto3_registry.PARTS,
            *boto3_executions.PARTS,
            long_polls,
            everything,
        ):
            print(f"--  {part.__name__}")
            part(story)
    except Lie as lie:
        print(f"LIE {lie}", file=sys.stderr)
        return 1
    print("--  no lies found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
