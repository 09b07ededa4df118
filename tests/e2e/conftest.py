"""One installation and one browser for all stories, in one worker of the test run."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.desk import Desk, Watch
from tests.e2e.running import Running, run

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All stories in one worker and one after the other: they share the installation.

    Each may wait for the start of everything, and for what it tells of.
    """
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("e2e"))
        item.add_marker(pytest.mark.timeout(420))
    others = [item for item in items if HERE not in item.path.parents]
    items[:] = [*others, *ours]


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The installation: servers, processes, municipality."""
    with ExitStack() as stack_of_servers:
        yield run(tmp_path_factory.mktemp("e2e"), stack_of_servers)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with this package: its loop would be in the way of other tests."""
    expect.set_options(timeout=20_000)  # the machine may be busy with other tests
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def whole_desk(running: Running, browser: Browser) -> Desk:
    """The windows, for steps of a story that several tests look at."""
    return Desk(browser, running.url, Watch())


@pytest.fixture(autouse=True)
def desk(whole_desk: Desk) -> Iterator[Desk]:
    """The windows of one test: closed after it, and nothing may have gone wrong in any of them."""
    yield whole_desk
    whole_desk.close_pages()
    problems = whole_desk.watch.taken()
    assert not problems, "\n".join(problems)
