"""Words of processes: their states, their steps, their acts and their jobs."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "process": {
        "running": t("On its way"),
        "ended": t("At its end"),
        "cancelled": t("Cancelled"),
        "stopped": t("Stopped with an error"),
    },
    "process_step": {
        "open": t("Waits"),
        "done": t("Done"),
        "dropped": t("Not needed"),
        "failed": t("Failed"),
    },
    "process_step_kind": {
        "citizen": t("Applicant"),
        "employee": t("Employee"),
        "service": t("Software"),
        "timer": t("Timer"),
        "message": t("Message"),
    },
    "stage": {
        "done": t("Done"),
        "current": t("Now"),
        "ahead": t("Still to come"),
        "skipped": t("Not needed"),
    },
    "steps_of": {
        "all": t("All of my units"),
        "free": t("Nobody took them"),
        "mine": t("My own steps"),
        "late": t("Past their day"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("process", "running"): "blue",
    ("process", "ended"): "green",
    ("process", "stopped"): "red",
    ("process_step", "open"): "blue",
    ("process_step", "done"): "green",
    ("process_step", "failed"): "red",
    ("stage", "done"): "green",
    ("stage", "current"): "blue",
    ("stage", "ahead"): "grey",
}

ACTS: Mapping[str, Text] = {
    "process.started": t("Process begun"),
    "process.step-taken": t("Step taken in hand"),
    "process.step-put-back": t("Step put back to the unit"),
    "process.step-completed": t("Step completed"),
    "process.step-moved": t("Step moved with the organogram"),
    "process.stopped": t("Process stopped with an error"),
    "process.repaired": t("Process set going again"),
    "process.cancelled": t("Process cancelled"),
    "process.ended": t("Process came to its end"),
    "process-template.deployed": t("Process template deployed"),
    "process-template.withdrawn": t("Process template withdrawn"),
    "kind.process-changed": t("Process of a kind of document changed"),
}

TASKS: Mapping[str, Text] = {
    "processes.begin": t("A process that begins with a document"),
    "processes.timers": t("Timers of processes"),
    "processes.try-again": t("A failed act of a process, tried again"),
    "processes.act": t("An act of a process"),
    "processes.act-sealed": t("An act of a process with the seal"),
}

# What `?done=` says on the page after an act
DONE: Mapping[str, Text] = {
    "step-taken": t("You have taken the step in hand."),
    "step-put-back": t("The step is with the unit again."),
    "step-completed": t("The step is completed. The process went on."),
    "process-repaired": t("The process was set going. Look how far it came."),
    "process-cancelled": t("The process was cancelled."),
    "template-deployed": t("The template is deployed. Processes begin by it from now on."),
    "template-withdrawn": t("The template is offered no more."),
    "kind-process": t("The process of the kind was changed, for what comes in from now on."),
}
