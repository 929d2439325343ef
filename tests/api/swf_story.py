"""What the parts of the story share: the client, the checks, every answer held against botocore's model of the API."""

import json
import os
import sys
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


# What the story has met, by its name in the model.
SEEN = {"operations": set(), "events": set()}


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
    SEEN["operations"].add(model.name)
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
        answer = json.loads(raw)
        against_model(answer, model.output_shape, model.name)
        for event in answer.get("events", []):
            watch_event(event)


def watch_event(event):
    """An event has four members: its own, and the attributes of its type."""
    kind = event["eventType"]
    members = {"eventId", "eventTimestamp", "eventType", f"{kind[0].lower()}{kind[1:]}EventAttributes"}
    if event.keys() != members:
        raise Lie(f"an event with other members than its type's: {event}")
    SEEN["events"].add(kind)


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


def decision(kind, **attributes):
    """A decision of any kind."""
    return {"decisionType": kind, f"{kind[0].lower()}{kind[1:]}DecisionAttributes": attributes}


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
