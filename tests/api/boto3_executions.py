"""Parts of the story about executions and others: lists and counts, children, signals, successors, failed decisions."""

import time

from swf_story import VALIDATION, attributes, check, decision, equal, of_type, schedule, start_timer

EVER = {"oldestDate": 0}
COMPLETE = {"decisionType": "CompleteWorkflowExecution"}
FLOW = {"name": "Flow", "version": "1"}


def lists(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    tags = ["listed"]
    runs = {name: story.start(name, task_list, tagList=tags) for name in ("l1", "l2", "l3")}
    swf.terminate_workflow_execution(domain=domain, workflowId="l2")
    story.decide(task_list, COMPLETE)
    tag = {"domain": domain, "tagFilter": {"tag": "listed"}}

    def names(answer):
        return [info["execution"]["workflowId"] for info in answer["executionInfos"]]

    opened = swf.list_open_workflow_executions(startTimeFilter=EVER, **tag)
    equal("open executions", names(opened), ["l3"])
    counted = swf.count_open_workflow_executions(startTimeFilter=EVER, **tag)
    equal("as many are counted", (counted["count"], counted["truncated"]), (1, False))
    by_start = swf.list_closed_workflow_executions(startTimeFilter=EVER, **tag)
    equal("closed executions, the latest start first", names(by_start), ["l2", "l1"])
    by_close = swf.list_closed_workflow_executions(closeTimeFilter=EVER, **tag)
    equal("the latest close first", names(by_close), ["l1", "l2"])
    equal("as many are counted", swf.count_closed_workflow_executions(closeTimeFilter=EVER, **tag)["count"], 2)
    info = by_close["executionInfos"][1]
    equal("as described", info, story.describe("l2", runs["l2"])["executionInfo"])
    equal("its tags", info["tagList"], tags)

    pages = swf.get_paginator("list_closed_workflow_executions").paginate(
        closeTimeFilter=EVER, reverseOrder=True, PaginationConfig={"PageSize": 1}, **tag
    )
    equal("page by page, in reverse", [names(page) for page in pages], [["l2"], ["l1"]])
    for more, expected in (
        ({"executionFilter": {"workflowId": "l1"}}, ["l1"]),
        ({"closeStatusFilter": {"status": "TERMINATED"}, "startTimeFilter": {"oldestDate": 0}}, None),
        ({"typeFilter": {"name": "Nothing"}}, []),
    ):
        arguments = {"domain": domain, **({} if "startTimeFilter" in more else {"closeTimeFilter": EVER}), **more}
        found = names(swf.list_closed_workflow_executions(**arguments))
        if expected is None:
            check("through the close status", "l2" in found and "l1" not in found, found)
        else:
            equal(f"through {list(more)[0]}", found, expected)
        equal("as many are counted", swf.count_closed_workflow_executions(**arguments)["count"], len(found))
    both = {"domain": domain, "startTimeFilter": EVER, "closeTimeFilter": EVER}
    words = "Cannot specify both a startTimeFilter and a closeTimeFilter"
    story.fault("two filters over time", "list_closed_workflow_executions", VALIDATION, words, **both)
    words = "Must specify time filter"
    story.fault("none over time", "count_closed_workflow_executions", VALIDATION, words, domain=domain)


def children(story):
    swf, domain, task_list, child_list = story.swf, story.domain, story.task_list(), story.task_list()
    parent = story.start("parent", task_list)

    def child(workflow_id, **more):
        return decision(
            "StartChildWorkflowExecution",
            workflowId=workflow_id,
            workflowType=FLOW,
            taskList=child_list,
            control="mine",
            input="yours",
            taskPriority="1",
            tagList=["t"],
            lambdaRole="role",
            **more,
        )

    unknown = decision("StartChildWorkflowExecution", workflowId="c", workflowType={"name": "No", "version": "1"})
    endings = {
        "c-complete": decision("CompleteWorkflowExecution", result="r"),
        "c-fail": decision("FailWorkflowExecution", reason="r", details="d"),
        "c-cancel": decision("CancelWorkflowExecution", details="d"),
        "c-continue": decision("ContinueAsNewWorkflowExecution", taskList=child_list, input="again"),
    }
    timed = child("c-time", executionStartToCloseTimeout="1", childPolicy="ABANDON")
    story.decide(task_list, *[child(name) for name in endings], timed, child("c-terminate"), child("parent"), unknown)
    opened = story.describe("parent", parent)["openCounts"]["openChildWorkflowExecutions"]
    equal("six children are open", opened, 6)
    runs = {}
    for _ in range(5):
        task = swf.poll_for_decision_task(domain=domain, taskList=child_list)
        name = task["workflowExecution"]["workflowId"]
        runs[name] = task["workflowExecution"]["runId"]
        if name in endings:
            swf.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[endings[name]])
        first = attributes(task["events"][0])
        equal(f"{name} knows its parent", first["parentWorkflowExecution"], {"workflowId": "parent", "runId": parent})
    for name, how in zip(endings, ("Completed", "Failed", "Canceled", "ContinuedAsNew")):
        last = story.history(name, runs[name])[-1]
        equal(f"{name} ended so itself", last["eventType"], f"WorkflowExecution{how}")
    equal("its successor has its input", attributes(last)["input"], "again")
    swf.terminate_workflow_execution(domain=domain, workflowId="c-terminate", childPolicy="REQUEST_CANCEL")
    time.sleep(1.2)
    events = story.history("parent", parent)
    for how, name in (
        ("Completed", "c-complete"),
        ("Failed", "c-fail"),
        ("Canceled", "c-cancel"),
        ("Terminated", "c-terminate"),
        ("TimedOut", "c-time"),
    ):
        heard = attributes(of_type(events, f"ChildWorkflowExecution{how}"))
        equal(f"the parent hears that {name} is {how}", heard["workflowExecution"]["workflowId"], name)
    equal("why it timed out", heard["timeoutType"], "START_TO_CLOSE")
    causes = [
        attributes(event)["cause"] for event in events if event["eventType"] == "StartChildWorkflowExecutionFailed"
    ]
    equal("two could not start", causes, ["WORKFLOW_TYPE_DOES_NOT_EXIST", "WORKFLOW_ALREADY_RUNNING"])
    continued = story.describe("parent", parent)["openCounts"]["openChildWorkflowExecutions"]
    equal("the child that continues as new is still open", continued, 1)

    infos = swf.list_open_workflow_executions(
        domain=domain, startTimeFilter=EVER, executionFilter={"workflowId": "c-continue"}
    )["executionInfos"]
    equal("with the same parent", infos[0]["parent"], {"workflowId": "parent", "runId": parent})
    run_id = infos[0]["execution"]["runId"]
    started = attributes(story.history("c-continue", run_id)[0])
    check("and it knows what it continues", started["continuedExecutionRunId"] != run_id, started)
    swf.terminate_workflow_execution(domain=domain, workflowId="parent", childPolicy="TERMINATE")
    ended = attributes(story.history("c-continue", run_id)[-1])
    expected = {"cause": "CHILD_POLICY_APPLIED", "childPolicy": "TERMINATE"}
    equal("the parent's end is its end", ended, expected)


def messages(story):
    task_list, other_list = story.task_list(), story.task_list()
    other = story.start("other", other_list)
    run_id = story.start("sender", task_list)
    signal = decision("SignalExternalWorkflowExecution", workflowId="other", signalName="s", input="i", control="c")
    nobody = decision("SignalExternalWorkflowExecution", workflowId="nobody", signalName="s")
    cancel = decision("RequestCancelExternalWorkflowExecution", workflowId="other", runId=other)
    no_run = decision("RequestCancelExternalWorkflowExecution", workflowId="other", runId="none")
    story.decide(task_list, signal, nobody, cancel, no_run)
    events = story.history("sender", run_id)
    target = {"workflowId": "other", "runId": other}
    arrived = attributes(of_type(events, "ExternalWorkflowExecutionSignaled"))
    equal("the signal arrived", arrived, {"workflowExecution": target, "initiatedEventId": 5})
    arrived = attributes(of_type(events, "ExternalWorkflowExecutionCancelRequested"))
    equal("the cancel request arrived", arrived, {"workflowExecution": target, "initiatedEventId": 7})
    for kind in ("SignalExternalWorkflowExecution", "RequestCancelExternalWorkflowExecution"):
        of_type(events, f"{kind}Initiated")
        cause = attributes(of_type(events, f"{kind}Failed"))["cause"]
        equal("nobody there", cause, "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION")
    events = story.history("other", other)
    sender = {"workflowId": "sender", "runId": run_id}
    signaled = {"signalName": "s", "input": "i", "externalWorkflowExecution": sender, "externalInitiatedEventId": 5}
    equal("who signaled", attributes(of_type(events, "WorkflowExecutionSignaled")), signaled)
    requested = {"externalWorkflowExecution": sender, "externalInitiatedEventId": 7}
    equal("who wants it canceled", attributes(of_type(events, "WorkflowExecutionCancelRequested")), requested)


def failed_decisions(story):
    swf, domain, task_list = story.swf, story.domain, story.task_list()
    run_id = story.start("failing", task_list)
    story.decide(
        task_list,
        start_timer("t", "60"),
        start_timer("t", "60"),
        decision("CancelTimer", timerId="t"),
        decision("CancelTimer", timerId="t"),
        start_timer("now", "0"),
        decision("ScheduleLambdaFunction", id="l", name="f", input="{}", startToCloseTimeout="60"),
        decision("ScheduleActivityTask", activityId="a", activityType={"name": "No", "version": "1"}),
        schedule("twice", task_list),
        schedule("twice", task_list),
        decision("RequestCancelActivityTask", activityId="nothing"),
    )
    for kind in ("Complete", "Fail", "Cancel", "ContinueAsNew"):
        task = swf.poll_for_decision_task(domain=domain, taskList=task_list)
        swf.signal_workflow_execution(domain=domain, workflowId="failing", signalName="meanwhile")
        closing = [{"decisionType": f"{kind}WorkflowExecution"}]
        swf.respond_decision_task_completed(taskToken=task["taskToken"], decisions=closing)
    version = decision("ContinueAsNewWorkflowExecution", workflowTypeVersion="none")
    story.decide(task_list, version)
    events = story.history("failing", run_id)
    failed = [(event["eventType"], attributes(event)["cause"]) for event in events if "cause" in attributes(event)]
    expected = [
        ("StartTimerFailed", "TIMER_ID_ALREADY_IN_USE"),
        ("CancelTimerFailed", "TIMER_ID_UNKNOWN"),
        ("ScheduleLambdaFunctionFailed", "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION"),
        ("ScheduleActivityTaskFailed", "ACTIVITY_TYPE_DOES_NOT_EXIST"),
        ("ScheduleActivityTaskFailed", "ACTIVITY_ID_ALREADY_IN_USE"),
        ("RequestCancelActivityTaskFailed", "ACTIVITY_ID_UNKNOWN"),
        ("CompleteWorkflowExecutionFailed", "UNHANDLED_DECISION"),
        ("FailWorkflowExecutionFailed", "UNHANDLED_DECISION"),
        ("CancelWorkflowExecutionFailed", "UNHANDLED_DECISION"),
        ("ContinueAsNewWorkflowExecutionFailed", "UNHANDLED_DECISION"),
        ("ContinueAsNewWorkflowExecutionFailed", "WORKFLOW_TYPE_DOES_NOT_EXIST"),
    ]
    equal("every failed decision says why", failed, expected)
    equal("the timer was canceled once", attributes(of_type(events, "TimerCanceled"))["timerId"], "t")
    types = [event["eventType"] for event in events]
    signaled = types.index("WorkflowExecutionSignaled")
    following = ["WorkflowExecutionSignaled", "DecisionTaskScheduled", "DecisionTaskCompleted"]
    equal("the next decision task is scheduled at once", types[signaled : signaled + 3], following)
    names, by_priority = ("a", "b", "c"), story.task_list()
    for priority, name in enumerate(names):
        story.start(f"priority-{name}", by_priority, taskPriority=str(priority))
    order = []
    for _ in names:
        task = swf.poll_for_decision_task(domain=domain, taskList=by_priority)
        order.append(task["workflowExecution"]["workflowId"][-1])
    equal("higher priorities come first", order, ["c", "b", "a"])


PARTS = (lists, children, messages, failed_decisions)
