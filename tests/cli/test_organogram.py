"""The organogram, accounts and bodies from the command line."""

from datetime import timedelta

from docflow import clock
from tests.cli.conftest import Terminal

ADMIN = ("--as", "admin")


def test_a_file_is_tried_and_carried_out(office: Terminal) -> None:
    place = office.place
    (place / "o.csv").write_text("code;name;parent\n1;Γραμματεία;\n2;Τμήμα Δύο;1\n3;Τρία;1\n")
    tried = office("organogram", "import", place / "o.csv", *ADMIN)
    assert tried.code == 0, tried.err
    assert "Nothing was changed" in tried.out
    assert "Τμήμα Δύο" not in office("organogram", "show", *ADMIN).out
    done = office("organogram", "import", place / "o.csv", "--carry-out", *ADMIN)
    assert done.code == 0, done.err
    assert "  2  Τμήμα Δύο  (–)" in office("organogram", "show", *ADMIN).out
    assert office("organogram", "export", "--output", "out.json", *ADMIN).code == 0
    again = office("organogram", "import", place / "out.json", "--carry-out", *ADMIN)
    assert "stands already" in again.out
    wrong = office("organogram", "export", "--output", "out.doc", *ADMIN)
    assert wrong.code == 1
    (place / "bad.csv").write_text("code;name;valid_to\n1;Γραμματεία;2026-01-01\n")
    refused = office("organogram", "import", place / "bad.csv", *ADMIN)
    assert refused.code == 1
    assert "Name the unit that takes over" in refused.out
    assert office("organogram", "show", "--on", "soon", *ADMIN).code == 1
    assert office("organogram", "import", place / "out.json").code == 0  # nothing to change


def test_an_account_is_kept(office: Terminal) -> None:
    (office.place / "password").write_text("μακρύς-κωδικός-1\n")
    made = office(
        *("create-user", "rena", "--name", "Ρένα Μακρή", "--role", "employee:1"),
        *("--password-file", "password"),
    )
    assert made.code == 0, made.err
    assert office("users", "give-role", "rena", "head:1").code == 0
    roles = {one["username"]: one["roles"] for one in office("users", "list", "--json").document}
    assert roles["rena"] == ["employee:1", "head:1"]
    assert "installation" in roles["admin"]
    assert office("users", "take-role", "rena", "head:1").code == 0
    assert office("users", "take-role", "rena", "head:1").code == 1
    assert office("users", "lock", "rena").code == 0
    assert "locked" in office("users", "list").out
    assert office("users", "unlock", "rena").code == 0
    assert len(office("users", "password", "rena").out.strip()) == 19
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    ended = office("users", "end", "rena", "--last-day", yesterday, "--work-to", "1", *ADMIN)
    assert ended.code == 0, ended.err
    assert "rena" not in office("users", "list").out
    assert "rena" in office("users", "list", "--closed").out
    assert office("users", "lock", "nobody").code == 1
    assert office("users", "lock", "admin").code == 1  # the only administrator


def test_a_body_is_opened(office: Terminal) -> None:
    (office.place / "password").write_text("μακρύς-κωδικός-1\n")
    names = ("--name", "ΔΕΥΑ", "--administrator", "deya", "--administrator-name", "Ζωή Ν")
    made = office("bodies", "create", "deya", *names, "--password-file", "password")
    assert made.code == 0, made.err
    assert [one["code"] for one in office("bodies", "list", "--json").document] == ["1", "deya"]
    assert "ΔΕΥΑ" in office("bodies", "list").out
    assert office("bodies", "create", "deya", *names, "--password-file", "password").code == 1


def test_posts_are_begun_filled_and_ended(office: Terminal) -> None:
    made = office("positions", "begin", "Προϊστάμενος", "--unit", "1", "--role", "head", *ADMIN)
    assert made.code == 0, made.err
    number = made.out.split()[-1].rstrip(".")
    assert office("positions", "fill", number, "--user", "cli", *ADMIN).code == 0
    assert office("positions", "fill", number, "--user", "cli", *ADMIN).code == 1
    [post] = office("positions", "list", "--unit", "1", "--json", *ADMIN).document
    assert (post["title"], post["holder"]) == ("Προϊστάμενος", "cli")
    assert office("positions", "vacate", number, *ADMIN).code == 0
    assert "Προϊστάμενος: –" in office("positions", "list", "--vacant", *ADMIN).out
    assert office("positions", "end", number, *ADMIN).code == 0
    assert office("positions", "list", *ADMIN).out == "0 found.\n"
    wrong = office("positions", "begin", "Ελεγκτής", "--unit", "1", "--role", "auditor", *ADMIN)
    assert (wrong.code, "There is no role" in wrong.err) == (1, True)
