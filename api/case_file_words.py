"""Words of case files and classification plans for the pages: states, notices after an act."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "case_file": {"open": t("Open file"), "closed": t("Closed file")},
    "item_kind": {"main": t("It belongs here"), "reference": t("By reference")},
    "export_form": {
        "pdf": t("One PDF with contents and bookmarks"),
        "zip": t("ZIP with the originals and an index"),
    },
    "mask_field": {
        "n": t("running number"),
        "year": t("year of opening"),
        "yy": t("year of opening"),
        "unit": t("code of the unit"),
        "class": t("code of the class"),
    },
    "plan_version": {
        "draft": t("Draft"),
        "future": t("Not yet in force"),
        "in-force": t("In force"),
        "replaced": t("Replaced"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("case_file", "open"): "blue",
    ("case_file", "closed"): "green",
    ("plan_version", "draft"): "yellow",
    ("plan_version", "future"): "purple",
    ("plan_version", "in-force"): "green",
}
DONE: Mapping[str, Text] = {
    "case-file": t("The entry was put into the case file."),
    "classify": t("The class was given."),
    "case-file-opened": t("The case file was opened."),
    "case-file-changed": t("The cover was changed."),
    "case-file-put": t("The document was put into the case file."),
    "case-file-close": t("The case file was closed."),
    "case-file-reopen": t("The case file is open again."),
    "case-file-under": t("The case file has its new place."),
    "case-file-move": t("The document was moved."),
    "case-file-take-out": t("The document was taken out."),
    "case-file-pages": t("The number of pages was noted."),
    "case-file-mask": t("New case files are named so from now on."),
    "plan-begun": t("The plan was begun. Now import its list of classes."),
    "plan-save": t("The draft was kept. It counts for nothing until it is put in force."),
    "plan-put-in-force": t("The version will be in force from the day that you wrote."),
    "plan-end": t("The plan ends on the day that you wrote."),
}
