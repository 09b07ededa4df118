"""Words of operation: queues of jobs, and how a backup ended."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "backup": {
        "running": t("under way"),
        "done": t("done"),
        "incomplete": t("incomplete"),
        "failed": t("failed"),
    },
    "queue": {
        "default": t("Everyday jobs"),
        "ocr": t("Reading of documents"),
        "signing": t("Seals and time proofs"),
    },
}
