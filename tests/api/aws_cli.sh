#!/bin/sh
# Plays a small story against a running emulator with the AWS CLI: register, start, decide, claim, beat, complete,
# look into the history. Needs `aws` on the PATH and nothing else: no credentials, no configuration.
#
#     aws_cli.sh http://127.0.0.1:PORT
#
# Ends with 1 at the first answer that is not as expected.
set -eu

endpoint=${1:?usage: aws_cli.sh ENDPOINT}
domain=cli-$$-$(date +%s)

# Nothing of the user's AWS setup may have a part in this.
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
# A poll that is sent again after a time-out is a new poll, and takes another task.
export AWS_MAX_ATTEMPTS=1 AWS_PAGER=

# Polls are held for up to 60 s, and the CLI's own read timeout is 60 s too: always give it more.
swf() { aws swf "$@" --endpoint-url "$endpoint" --cli-read-timeout 75; }

expect() { # what, found, expected
    if [ "$2" != "$3" ]; then
        printf 'LIE %s: found "%s", expected "%s"\n' "$1" "$2" "$3" >&2
        exit 1
    fi
    printf 'ok  %s\n' "$1"
}

list=name=cli
swf register-domain --name "$domain" --workflow-execution-retention-period-in-days 1
swf register-activity-type --domain "$domain" --name Act --activity-version 1 \
    --default-task-list "$list" --default-task-heartbeat-timeout 60 --default-task-start-to-close-timeout NONE \
    --default-task-schedule-to-start-timeout NONE --default-task-schedule-to-close-timeout NONE
swf register-workflow-type --domain "$domain" --name Flow --workflow-version 1 \
    --default-task-list "$list" --default-child-policy TERMINATE \
    --default-task-start-to-close-timeout 60 --default-execution-start-to-close-timeout 600
found=$(swf list-domains --registration-status REGISTERED --query "domainInfos[?name=='$domain'].status" --output text)
expect 'the domain is listed' "$found" REGISTERED

run=$(swf start-workflow-execution --domain "$domain" --workflow-id w --workflow-type name=Flow,version=1 \
    --query runId --output text)
token=$(swf poll-for-decision-task --domain "$domain" --task-list "$list" --query taskToken --output text)
attributes='{"activityId":"a","activityType":{"name":"Act","version":"1"},"input":"by hand"}'
swf respond-decision-task-completed --task-token "$token" --decisions \
    "[{\"decisionType\":\"ScheduleActivityTask\",\"scheduleActivityTaskDecisionAttributes\":$attributes}]"
found=$(swf count-pending-activity-tasks --domain "$domain" --task-list "$list" --query count --output text)
expect 'one task is pending' "$found" 1

task=$(swf poll-for-activity-task --domain "$domain" --task-list "$list" --identity cli \
    --query '[activityId,input,taskToken]' --output text)
expect 'the task is claimed' "$(printf '%s' "$task" | cut -f 1,2 | tr '\t' /)" 'a/by hand'
token=$(printf '%s' "$task" | cut -f 3)
found=$(swf record-activity-task-heartbeat --task-token "$token" --details 50% --output text)
expect 'the heartbeat is recorded' "$found" False
swf respond-activity-task-completed --task-token "$token" --result done
if found=$(swf record-activity-task-heartbeat --task-token "$token" 2>&1); then
    expect 'a closed task is refused' accepted refused
fi
case $found in
*UnknownResourceFault*'Unknown activity, scheduledEventId = 5'*) expect 'a closed task is refused' yes yes ;;
*) expect 'a closed task is refused' "$found" 'UnknownResourceFault' ;;
esac

found=$(swf get-workflow-execution-history --domain "$domain" --execution "workflowId=w,runId=$run" --reverse-order \
    --query 'events[1].activityTaskCompletedEventAttributes.result' --output text)
expect 'the result is in the history' "$found" done
swf terminate-workflow-execution --domain "$domain" --workflow-id w --reason 'the story is over'
found=$(swf describe-workflow-execution --domain "$domain" --execution "workflowId=w,runId=$run" \
    --query executionInfo.closeStatus --output text)
expect 'the execution is terminated' "$found" TERMINATED
