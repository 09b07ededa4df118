"""Every error is a problem in the reader's language, and tells nothing that it should not."""

import json
import logging
from typing import Any

import httpx
import pytest

import api.v1.entries
from api import problems
from docflow import errors, registry, tables  # noqa: F401 - all errors are defined then
from docflow.i18n import translate
from tests.api.v1.calling import LETTER, registered
from tests.storage.test_full_disk import no_room

Calling = Any  # Callable[..., httpx.Client]


def assert_problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:docflow:problem:{kind}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == f"urn:docflow:request:{answer.headers['x-request-id']}"
    return problem


def test_without_a_token_nothing_is_told(client: httpx.Client) -> None:
    answer = client.get("/entries")
    assert_problem(answer, 401, "bad-token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_wrong_token_is_refused(client: httpx.Client) -> None:
    answer = client.get("/me", headers={"Authorization": "Bearer dfk_nonsense"})
    assert_problem(answer, 401, "bad-token")


def test_the_session_of_a_browser_is_no_token(client: httpx.Client) -> None:
    answer = client.get("/me", headers={"Cookie": "docflow_session=anything"})
    assert_problem(answer, 401, "bad-token")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/entries", "register"),
        ("GET", "/entries", "read"),
        ("GET", "/search?q=a", "read"),
        ("POST", "/entries/koino/2026/1/acceptance", "route"),
        ("POST", "/entries/koino/2026/1/annulment", "annul"),
        ("GET", "/entries/koino/2026/1/history", "audit"),
        ("POST", "/drafts", "draft"),
        ("POST", "/drafts/1/withdrawal", "draft"),
        ("POST", "/drafts/1/signatures", "sign"),
        ("POST", "/drafts/1/return", "sign"),
        ("DELETE", "/kinds/aitisi", "administer"),
    ],
)
def test_a_token_without_the_scope_is_refused(
    calling: Calling, method: str, path: str, scope: str
) -> None:
    others = [one for one in api.v1.security.SCOPES if one != scope]
    bodies = {
        "annulment": {"reason": "x"},
        "return": {"reason": "x", "step": 1},
        "ures": {"password": "x", "step": 1},
    }
    body = next((b for end, b in bodies.items() if path.endswith(end)), LETTER)
    client = calling("clerk", *others)
    answer = client.request(method, path, json=body if method == "POST" else None)
    problem = assert_problem(answer, 403, "not-allowed")
    assert scope in problem["detail"]


def test_what_is_not_there_is_not_found(clerk: httpx.Client) -> None:
    assert_problem(clerk.get("/entries/koino/1999/1"), 404, "no-such-entry")
    assert_problem(clerk.get("/nothing"), 404, "not-found")
    assert_problem(clerk.get("/entries/ko%00ino/2026/1"), 404, "not-found")
    assert_problem(clerk.get("/parties?q=ab%00"), 404, "not-found")


def test_a_wrong_method_is_told_the_right_ones(clerk: httpx.Client) -> None:
    answer = clerk.delete("/entries")
    assert_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


def test_each_wrong_field_is_pointed_to(clerk: httpx.Client) -> None:
    body = {
        "direction": "sideways",
        "subject": "x" * 30_000,
        "sender": {"name": "Α", "nickname": "Β"},
        "sender_dated_on": "31/12/2025",
        "attachments_count": -1,
    }
    problem = assert_problem(clerk.post("/entries", json=body), 422, "bad-request-form")
    assert {fault["pointer"] for fault in problem["errors"]} == {
        "/direction",
        "/subject",
        "/sender/nickname",
        "/sender_dated_on",
        "/attachments_count",
    }


@pytest.mark.parametrize(
    ("changes", "pointer", "kind"),
    [
        ({"subject": "α" * 10_000}, "/subject", "bad-subject"),
        ({"subject": "αβ"}, "/subject", "bad-subject"),
        ({"sender": None}, "/sender", "sender-missing"),
        ({"sender_dated_on": "2890-01-01"}, "/sender_dated_on", "bad-date"),
        ({"sender": {"name": "Α Β", "tax_number": "123456789"}}, "/sender", "bad-tax-number"),
        ({"sender": {"name": "Α Β", "email": "nobody"}}, "/sender", "bad-email"),
    ],
)
def test_the_domain_s_rules_point_to_the_field(
    clerk: httpx.Client, changes: dict[str, Any], pointer: str, kind: str
) -> None:
    problem = assert_problem(clerk.post("/entries", json={**LETTER, **changes}), 422, kind)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"subject": "\\ud800"}', b"[" * 100_000, b""]
)
def test_a_body_that_is_no_json_is_a_problem(clerk: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(clerk.post("/entries", content=body, headers=headers), 422, "bad-request-form")


def test_a_nul_in_a_text_is_a_problem(clerk: httpx.Client) -> None:
    sender = {"name": "Α\0Β", "address": "Γ\0"}
    answer = clerk.post("/entries", json={**LETTER, "sender": sender})
    problem = assert_problem(answer, 422, "bad-request-form")
    assert len(problem["errors"]) == 2


def test_another_kind_of_body_is_refused(clerk: httpx.Client) -> None:
    answer = clerk.post("/entries", content=b"a=b", headers={"Content-Type": "text/plain"})
    assert_problem(answer, 415, "unsupported-media-type")


def test_a_form_without_metadata_is_a_problem(clerk: httpx.Client) -> None:
    answer = clerk.post("/entries", files={"files": ("a.pdf", b"%PDF-")})
    problem = assert_problem(answer, 422, "bad-request-form")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/metadata"]


def test_a_broken_form_is_a_problem(clerk: httpx.Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = clerk.post("/entries", content=b"--x\r\nnonsense", headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


def test_a_file_that_is_too_large_is_refused_and_nothing_registered(clerk: httpx.Client) -> None:
    before = registered(clerk)["number"]
    files: Any = {
        "metadata": (None, '{"direction": "internal", "subject": "Μεγάλο"}', "application/json"),
        "files": ("large.pdf", b"%PDF-" + b"0" * (2 << 20)),
    }
    assert_problem(clerk.post("/entries", files=files), 413, "too-large")
    assert registered(clerk)["number"] == before + 1


def test_the_problem_speaks_the_language_of_its_reader(client: httpx.Client) -> None:
    greek = client.get("/me", headers={"Accept-Language": "el-GR,el;q=0.9"})
    assert greek.headers["content-language"] == "el"
    assert "διακριτικό" in greek.json()["detail"]
    assert "token" in client.get("/me").json()["detail"]


def test_a_fault_of_ours_is_a_problem_without_its_cause(
    clerk: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Μαρία Αναγνώστου")

    monkeypatch.setattr(registry, "listing", broken)
    with caplog.at_level(logging.ERROR):
        answer = clerk.get("/entries", headers={"X-Request-ID": "mine-1"})
    problem = assert_problem(answer, 500, "internal-error")
    assert "Αναγνώστου" not in answer.text
    assert problem["instance"] == "urn:docflow:request:mine-1"
    assert [record.__dict__["request"] for record in caplog.records] == ["mine-1"]


def test_the_log_has_neither_query_nor_body_nor_password(
    clerk: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        clerk.get("/search", params={"q": "Παπαδοπούλου"})
        clerk.post("/drafts/1/signatures", json={"password": "μυστικό", "x": 1})
    assert "/search 200" in caplog.text
    assert "Παπαδοπούλου" not in caplog.text
    assert "μυστικό" not in caplog.text


def test_a_wrong_body_is_never_repeated_in_the_answer(clerk: httpx.Client) -> None:
    answer = clerk.post("/drafts/1/signatures", json={"password": ["μυστικό"]})
    assert answer.status_code == 422
    assert "μυστικό" not in answer.text


def every_error() -> list[type[errors.DocflowError]]:
    """All that the API may answer with; the pages have some of their own, which it never meets."""
    found, kinds = [], [errors.DocflowError]
    while kinds:
        kind = kinds.pop()
        below = kind.__subclasses__()
        kinds += below
        found += below
    ours = [kind for kind in found if not kind.__module__.startswith(("api.web", "api.portal"))]
    return sorted(ours, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_the_title_of_each_error_has_a_greek_translation(kind: type[errors.DocflowError]) -> None:
    title = problems.title_of(kind)
    assert translate(title, "el") != title


def test_a_file_that_finds_no_room_is_told_as_that(clerk: httpx.Client) -> None:
    """Whether we take the form apart or the framework does."""
    large = ("σάρωση.pdf", b"%PDF-1.4 " + bytes(2 << 20))
    with no_room():
        answers = [
            clerk.post(
                "/entries",
                data={"metadata": json.dumps(LETTER)},
                files=[("files", large)],
            ),
            clerk.post("/readings", files={"file": large}),
        ]
    for answer in answers:
        assert_problem(answer, 507, "no-room")
        assert answer.headers["retry-after"] == "300"
