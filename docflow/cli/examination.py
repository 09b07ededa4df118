"""`docflow doctor`."""

from pathlib import Path

from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say
from docflow.embedded import doctor as house_doctor
from docflow.i18n import t


def doctor(data: Path | None, *, only: list[str], as_json: bool) -> int:
    """Exit code 1 where a check failed; warnings do not count."""
    unknown = sorted(set(only) - set(house_doctor.NAMES))
    if unknown:
        names = ", ".join(house_doctor.NAMES)
        raise CannotDo(
            t("There is no check “{name}”; there are: {names}", name=unknown[0], names=names)
        )
    checks = house_doctor.doctor(finding.data_directory(data), only=only)
    if as_json:
        print_json(house_doctor.as_json(checks))
    else:
        say(house_doctor.as_text(checks))
    return int(any(check.verdict is house_doctor.Verdict.FAILED for check in checks))
