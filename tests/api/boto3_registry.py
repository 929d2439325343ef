"""Parts of the story about what is registered: deprecated, undeprecated, deleted, tagged."""

import uuid

from swf_story import UNKNOWN, check, equal


def deprecation(story):
    swf, domain = story.swf, story.domain
    lists = {"activity": swf.list_activity_types, "workflow": swf.list_workflow_types}
    for sort in ("activity", "workflow"):
        name, member = f"Old{sort}", f"{sort}Type"
        kind = {"name": name, "version": "1"}
        descriptor = f"{sort.capitalize()}Type=[name={name}, version=1]"
        named = {"domain": domain, member: kind}

        def call(verb, sort=sort, named=named):
            return getattr(swf, f"{verb}_{sort}_type")(**named)

        def listed(status, sort=sort, name=name, member=member):
            infos = lists[sort](domain=domain, name=name, registrationStatus=status)["typeInfos"]
            return [info[member]["name"] for info in infos]

        def fault(what, verb, code, message, sort=sort, named=named):
            story.fault(f"{sort}: {what}", f"{verb}_{sort}_type", code, message, **named)

        getattr(swf, f"register_{sort}_type")(domain=domain, description="d", **kind)
        equal(f"{sort}: registered", call("describe")["typeInfo"]["status"], "REGISTERED")
        fault("undeprecated too early", "undeprecate", "TypeAlreadyExistsFault", descriptor)
        prose = "The type is currently registered and cannot be deleted in its current state"
        fault("deleted too early", "delete", "TypeNotDeprecatedFault", prose)
        call("deprecate")
        info = call("describe")["typeInfo"]
        equal(f"{sort}: deprecated", (info["status"], info["description"]), ("DEPRECATED", "d"))
        check(f"{sort}: since when", info["deprecationDate"] >= info["creationDate"], info)
        fault("deprecated twice", "deprecate", "TypeDeprecatedFault", descriptor)
        equal(f"{sort}: listed as deprecated", (listed("DEPRECATED"), listed("REGISTERED")), ([name], []))
        if sort == "workflow":
            start = {"workflowId": "x", "workflowType": kind}
            code = "TypeDeprecatedFault"
            story.fault("started", "start_workflow_execution", code, descriptor, domain=domain, **start)
        call("undeprecate")
        equal(f"{sort}: listed as registered", (listed("DEPRECATED"), listed("REGISTERED")), ([], [name]))
        call("deprecate")
        call("delete")
        fault("deleted", "describe", UNKNOWN, f"Unknown type: {descriptor}")

    defaults = {
        "defaultTaskStartToCloseTimeout": "60",
        "defaultExecutionStartToCloseTimeout": "600",
        "defaultTaskList": {"name": "l"},
        "defaultTaskPriority": "-3",
        "defaultChildPolicy": "ABANDON",
        "defaultLambdaRole": "arn:aws:iam::123456789012:role/r",
    }
    swf.register_workflow_type(domain=domain, name="Full", version="1", **defaults)
    described = swf.describe_workflow_type(domain=domain, workflowType={"name": "Full", "version": "1"})
    equal("a workflow type's defaults", described["configuration"], defaults)


def domains(story):
    swf, name = story.swf, f"old-{uuid.uuid4().hex[:12]}"
    days = {"workflowExecutionRetentionPeriodInDays": "1"}
    swf.register_domain(name=name, tags=[{"key": "a", "value": "1"}, {"key": "b"}], **days)
    arn = swf.describe_domain(name=name)["domainInfo"]["arn"]
    swf.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}, {"key": "c", "value": ""}])
    swf.untag_resource(resourceArn=arn, tagKeys=["b"])
    tags = swf.list_tags_for_resource(resourceArn=arn)["tags"]
    equal("the domain's tags", tags, [{"key": "a", "value": "2"}, {"key": "c", "value": ""}])

    swf.register_workflow_type(domain=name, name="Flow", version="1")
    story.fault("undeprecated too early", "undeprecate_domain", "DomainAlreadyExistsFault", name, name=name)
    swf.deprecate_domain(name=name)
    story.fault("deprecated twice", "deprecate_domain", "DomainDeprecatedFault", name, name=name)
    kind = {"name": "Flow", "version": "1"}
    start = {"domain": name, "workflowId": "w", "workflowType": kind}
    story.fault("nothing starts", "start_workflow_execution", "DomainDeprecatedFault", name, **start)
    more = {"domain": name, "name": "More", "version": "1"}
    story.fault("nothing is registered", "register_activity_type", "DomainDeprecatedFault", name, **more)
    status = swf.describe_workflow_type(domain=name, workflowType=kind)["typeInfo"]["status"]
    equal("its types are deprecated with it", status, "DEPRECATED")
    listed = swf.list_domains(registrationStatus="DEPRECATED")["domainInfos"]
    check("it is listed as deprecated", name in [info["name"] for info in listed])
    swf.undeprecate_domain(name=name)
    equal("undeprecated", swf.describe_domain(name=name)["domainInfo"]["status"], "REGISTERED")


PARTS = (deprecation, domains)
