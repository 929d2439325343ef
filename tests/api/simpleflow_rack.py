"""A workflow for simpleflow: what simpleflow_story.py has simpleflow's own decider and worker run.

Knows nothing of the emulator and nothing of the story, as somebody's workflow would.
"""

import time

from simpleflow import Workflow, activity, futures


@activity.with_attributes(task_list="rack", version="1", heartbeat_timeout=4)
def inspect(slot):
    # Slot 17 takes longer than SWF would wait without a heartbeat.
    if slot == 17:
        time.sleep(6)
    return {"slot": slot, "errors": slot % 5}


@activity.with_attributes(task_list="rack", version="1", retry=1)
def eject(slot):
    raise ValueError(f"slot {slot} is stuck")


@activity.with_attributes(task_list="rack", version="1")
def add(numbers):
    return sum(numbers)


class Maintenance(Workflow):
    name = "maintenance"
    version = "1"
    task_list = "deciders"

    def run(self, slots):
        cooled = self.submit(self.start_timer("cooling", 1))
        inspected = [self.submit(inspect, slot) for slot in slots]
        ejected = self.submit(eject, 3)
        futures.wait(cooled, ejected, *inspected)
        total = self.submit(add, [found.result["errors"] for found in inspected])
        return {"errors": total.result, "stuck": ejected.exception.reason}
