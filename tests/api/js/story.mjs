// Plays the main story against a running emulator with AWS's own JavaScript client: register, start, decide, poll,
// beat, a cancel request that the heartbeat tells of, respond, look into the history.
//
//     node story.mjs http://127.0.0.1:PORT POLL_HOLD_SECONDS
//
// Needs `npm ci` in this folder, no credentials and no configuration. Ends with 1 at the first lie.

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as swf from "@aws-sdk/client-swf";

const [endpoint, pollHold] = [process.argv[2], Number(process.argv[3])];
if (!endpoint || !(pollHold > 0)) throw new Error("usage: story.mjs ENDPOINT POLL_HOLD_SECONDS");

const client = new swf.SWFClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
  // A poll that is sent again is a new poll, and takes another task.
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 75_000, throwOnRequestTimeout: true },
});
const domain = `js-${randomUUID().slice(0, 12)}`;
const workflowType = { name: "Flow", version: "1" };
const activityType = { name: "Act", version: "1" };
const deciders = { name: "deciders" };
const workers = { name: "workers" };

// ---- the checks -----------------------------------------------------------------------------------------------

function check(what, truth, context) {
  if (!truth) throw new Error(`${what} ${context ?? ""}`);
}

function equal(what, found, expected) {
  const [seen, wanted] = [found, expected].map((value) => JSON.stringify(value));
  check(`${what}: found ${seen}, expected ${wanted}`, isDeepStrictEqual(found, expected));
  console.log(`ok  ${what}`);
}

/** One call: its answer without the metadata, after one attempt, and with a request id. */
async function call(operation, input) {
  const { $metadata, ...answer } = await client.send(new swf[`${operation}Command`](input));
  check(`${operation} has no request id`, /^[0-9a-f-]{36}$/.test($metadata.requestId));
  check(`${operation} took more than one attempt:`, $metadata.attempts === 1, $metadata.attempts);
  return answer;
}

/** The call fails with this class of exception and these words. */
async function fault(what, operation, input, kind, message) {
  const error = await client.send(new swf[`${operation}Command`](input)).then(
    () => undefined,
    (error) => error,
  );
  check(`${what}: ${operation} was answered with`, error instanceof kind, error ?? "no error");
  equal(what, [error.message, error.$fault, error.$metadata.httpStatusCode], [message, "client", 400]);
}

// ---- the service, in the words of the story -------------------------------------------------------------------

async function decide(...decisions) {
  const task = await call("PollForDecisionTask", { domain, taskList: deciders, identity: "decider" });
  check("no decision task is there", task.taskToken);
  await call("RespondDecisionTaskCompleted", { taskToken: task.taskToken, decisions });
  return task;
}

async function claim() {
  return await call("PollForActivityTask", { domain, taskList: workers, identity: "worker" });
}

/** All events of an execution, a few at a time. */
async function history(execution) {
  const events = [];
  const paginator = swf.paginateGetWorkflowExecutionHistory({ client, pageSize: 5 }, { domain, execution });
  for await (const page of paginator) events.push(...page.events);
  return events;
}

const schedule = (activityId, more = {}) => ({
  decisionType: "ScheduleActivityTask",
  scheduleActivityTaskDecisionAttributes: { activityId, activityType, ...more },
});

// ---- the story ------------------------------------------------------------------------------------------------

async function registration() {
  await call("RegisterDomain", { name: domain, workflowExecutionRetentionPeriodInDays: "1" });
  await call("RegisterWorkflowType", {
    domain,
    ...workflowType,
    defaultTaskList: deciders,
    defaultTaskStartToCloseTimeout: "60",
    defaultExecutionStartToCloseTimeout: "600",
    defaultChildPolicy: "TERMINATE",
  });
  await call("RegisterActivityType", {
    domain,
    ...activityType,
    defaultTaskList: workers,
    defaultTaskHeartbeatTimeout: "60",
    defaultTaskStartToCloseTimeout: "NONE",
    defaultTaskScheduleToStartTimeout: "NONE",
    defaultTaskScheduleToCloseTimeout: "NONE",
  });
  const { typeInfo } = await call("DescribeActivityType", { domain, activityType });
  equal("the type is registered", [typeInfo.activityType, typeInfo.status], [activityType, "REGISTERED"]);
  const age = Date.now() - typeInfo.creationDate.getTime();
  check("its date is not now, but ms away:", Math.abs(age) < 60_000, age);
  const again = { domain, ...activityType };
  const exists = "ActivityType=[name=Act, version=1]";
  await fault("a type twice", "RegisterActivityType", again, swf.TypeAlreadyExistsFault, exists);
}

async function polls(run) {
  const sent = performance.now();
  equal("an empty poll has no token", await claim(), { startedEventId: 0 });
  const held = (performance.now() - sent) / 1000;
  check("and is not held as long as it should, but s:", held > pollHold - 0.1 && held < pollHold + 5, held);

  const waiting = claim();
  const first = await decide(schedule("one", { input: "wörk ✓" }), schedule("two"));
  equal("the decision task", [first.workflowExecution, first.startedEventId], [run, 3]);
  const one = await waiting;
  equal("a held poll gets the task", [one.activityId, one.input, one.startedEventId], ["one", "wörk ✓", 7]);
  const pending = await call("CountPendingActivityTasks", { domain, taskList: workers });
  equal("one is left", pending, { count: 1, truncated: false });
  return [one.taskToken, (await claim()).taskToken];
}

async function work(run, one, two) {
  const beat = (taskToken, details) => call("RecordActivityTaskHeartbeat", { taskToken, details });
  equal("no cancellation", await beat(one, "50%"), { cancelRequested: false });
  const completed = await call("RespondActivityTaskCompleted", { taskToken: one, result: "done" });
  equal("an operation without output", completed, {});
  const closed = "Unknown activity, scheduledEventId = 5";
  await fault("a closed task", "RecordActivityTaskHeartbeat", { taskToken: one }, swf.UnknownResourceFault, closed);

  await call("RequestCancelWorkflowExecution", { domain, ...run });
  equal("a workflow's cancel request does not reach the task", await beat(two), { cancelRequested: false });
  await decide({
    decisionType: "RequestCancelActivityTask",
    requestCancelActivityTaskDecisionAttributes: { activityId: "two" },
  });
  equal("the decider's does", await beat(two, "stopping"), { cancelRequested: true });
  await call("RespondActivityTaskCanceled", { taskToken: two, details: "given up" });
  await decide({
    decisionType: "CancelWorkflowExecution",
    cancelWorkflowExecutionDecisionAttributes: { details: "the end" },
  });
}

async function lookBack(run) {
  const events = await history(run);
  equal("events are numbered from 1", events.map((event) => event.eventId), events.map((_, n) => n + 1));
  const types =
    "WorkflowExecutionStarted DecisionTaskScheduled DecisionTaskStarted DecisionTaskCompleted" +
    " ActivityTaskScheduled ActivityTaskScheduled ActivityTaskStarted ActivityTaskStarted ActivityTaskCompleted" +
    " DecisionTaskScheduled WorkflowExecutionCancelRequested DecisionTaskStarted DecisionTaskCompleted" +
    " ActivityTaskCancelRequested ActivityTaskCanceled DecisionTaskScheduled DecisionTaskStarted" +
    " DecisionTaskCompleted WorkflowExecutionCanceled";
  equal("the whole history", events.map((event) => event.eventType), types.split(" "));
  const times = events.map((event) => event.eventTimestamp.getTime());
  equal("in the order of time", times, times.toSorted((a, b) => a - b));
  equal("completed", events[8].activityTaskCompletedEventAttributes, {
    result: "done",
    scheduledEventId: 5,
    startedEventId: 7,
  });
  equal("canceled", events[14].activityTaskCanceledEventAttributes, {
    details: "given up",
    scheduledEventId: 6,
    startedEventId: 8,
    latestCancelRequestedEventId: 14,
  });
  const { executionInfo } = await call("DescribeWorkflowExecution", { domain, execution: run });
  equal("how it ended", [executionInfo.executionStatus, executionInfo.closeStatus], ["CLOSED", "CANCELED"]);
}

async function story() {
  await registration();
  const workflowId = "rack-42";
  const { runId } = await call("StartWorkflowExecution", { domain, workflowId, workflowType, tagList: ["tag"] });
  const run = { workflowId, runId };
  const [one, two] = await polls(run);
  await work(run, one, two);
  await lookBack(run);
}

try {
  await story();
  console.log("--  no lies found");
} catch (error) {
  console.error(`LIE ${error.message}`);
  process.exit(1); // whatever poll is still held
}
