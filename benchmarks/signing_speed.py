"""Signing and checking, in figures: `python benchmarks/signing_speed.py [FOLDER OF PDFS]`.

Compares our B-B signature with pyHanko's SimpleSigner in the same process, on the same page and
key; then the levels with a local test PKI (in a process of its own, so that its work is not ours),
a batch of documents with signature and seal on two cores, memory over many signatures, and the time
to check a folder of files, in this process and in the limited one.
"""

import argparse
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import typst
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

import signing
from signing import testpki

PASSWORD = "bench"  # noqa: S105
TARGET_RATIO = 3.0
TARGET_BATCH = 2.0  # documents a second
CORES = 2


@dataclass(frozen=True)
class Measured:
    """Milliseconds per operation: processor time, and median and 95th percentile of the clock."""

    name: str
    cpu: float
    median: float
    p95: float


def measure(name: str, work: Callable[[], object], *, rounds: int) -> Measured:
    """Repeat `work` after one unmeasured round."""
    work()
    times = []
    cpu = time.process_time()
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    cpu = time.process_time() - cpu
    times.sort()
    return Measured(
        name,
        cpu=1000 * cpu / rounds,
        median=1000 * statistics.median(times),
        p95=1000 * times[min(len(times) - 1, int(0.95 * len(times)))],
    )


@contextmanager
def served(directory: Path) -> Iterator[testpki.TestPki]:
    """A test PKI, its server in another process."""
    pki = testpki.create(directory, organisation="Benchmark")
    command = [sys.executable, "-m", "signing.testpki", "serve", str(directory)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # ours
    try:
        _wait_for(pki.port)
        yield pki
    finally:
        server.terminate()
        server.wait()


def page() -> bytes:
    """One page of text, about 25 KB with its font."""
    text = "Ο Δήμος ανακοινώνει ότι. " * 150
    return bytes(typst.compile(f'#set page(paper: "a4")\n{text}'.encode()))


def stamp() -> bytes:
    """A visible stamp."""
    return bytes(typst.compile("#set page(width: 150pt, height: 60pt)\nΥΠΟΓΕΓΡΑΜΜΕΝΟ".encode()))


def sign_with_simple_signer(pdf: bytes, key: bytes) -> Callable[[], object]:
    """pyHanko as its documentation shows it."""
    signer = signers.SimpleSigner.load_pkcs12_data(key, (), PASSWORD.encode())
    meta = signers.PdfSignatureMetadata(
        field_name="A", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )

    def work() -> object:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        return signers.PdfSigner(meta, signer=signer).sign_pdf(writer)

    return work


def signing_table(pki: testpki.TestPki, *, rounds: int) -> list[Measured]:
    """The levels of signatures."""
    data = pki.issue_person(name="Μαρία Οικονόμου", password=PASSWORD)
    key = signing.SigningKey.load_pkcs12(data, PASSWORD)
    pdf = page()
    place = signing.prepare(pdf, [signing.Field("A", 1, (50, 50, 200, 110))])
    drawn = stamp()

    def ours(level: signing.Level, document: bytes, drawn: bytes | None) -> Callable[[], object]:
        return lambda: signing.sign(
            document,
            key,
            field="A",
            stamp=drawn,
            level=level,
            tsa_urls=[pki.tsa_url] if level != "B-B" else [],
            trust_roots=pki.trust_roots,
            allow_fetching=True,
        )

    return [
        measure("B-B, pyHanko SimpleSigner", sign_with_simple_signer(pdf, data), rounds=rounds),
        measure("B-B", ours("B-B", pdf, None), rounds=rounds),
        measure("B-B with stamp", ours("B-B", place, drawn), rounds=rounds),
        measure("B-T", ours("B-T", pdf, None), rounds=rounds),
        measure("B-LT with stamp", ours("B-LT", place, drawn), rounds=rounds),
        measure("B-LTA with stamp", ours("B-LTA", place, drawn), rounds=rounds),
    ]


def checking_table(folder: Path) -> list[Measured]:
    """Each PDF of a folder once: p95 over the files."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*.pdf"))]
    here, apart = iter(files), iter(files)
    first = files[0]
    return [
        measure(
            f"validate, {len(files)} files",
            lambda: signing.validate(next(here, first)),
            rounds=len(files) - 1,
        ),
        measure(
            "validate_limited, a fork for each",
            lambda: signing.validate_limited(next(apart, first)),
            rounds=len(files) - 1,
        ),
    ]


@dataclass(frozen=True)
class Batch:
    """What a process needs to sign its share of a batch."""

    directory: Path
    person: bytes
    seal: bytes
    count: int


def sign_share(batch: Batch) -> float:
    """Signature (B-T) with stamp, closing seal with stamp, then data for both (B-LT).

    Gives the seconds of processor time.
    """
    began = time.process_time()
    pki = testpki.TestPki(batch.directory)
    person = signing.SigningKey.load_pkcs12(batch.person, PASSWORD)
    seal = signing.SigningKey.load_pkcs12(batch.seal, PASSWORD)
    places = [
        signing.Field("Person", 1, (50, 50, 200, 110)),
        signing.Field("Seal", 1, (300, 50, 450, 110), lock=True),
    ]
    drawn = stamp()
    for _ in range(batch.count):
        pdf = signing.prepare(page(), places)
        pdf = signing.sign(pdf, person, field="Person", stamp=drawn, tsa_urls=[pki.tsa_url])
        signing.sign(
            pdf,
            seal,
            field="Seal",
            stamp=drawn,
            lock=True,
            tsa_urls=[pki.tsa_url],
            level="B-LT",
            trust_roots=pki.trust_roots,
            allow_fetching=True,
        )
    return time.process_time() - began


def batch_rate(pki: testpki.TestPki, *, count: int) -> tuple[float, float]:
    """Documents a second on the clock, each typeset, signed, sealed and completed, on two cores;
    and the milliseconds of processor time for one, which other work on the machine leaves alone.
    """
    person = pki.issue_person(name="Μαρία Οικονόμου", password=PASSWORD)
    seal = pki.issue_seal(password=PASSWORD)
    share = Batch(pki.directory, person, seal, count // CORES)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=context) as pool:
        one = Batch(pki.directory, person, seal, 1)
        list(pool.map(sign_share, [one] * CORES))  # both have started and loaded
        started = time.perf_counter()
        cpu = sum(pool.map(sign_share, [share] * CORES))
        done = CORES * share.count
        return done / (time.perf_counter() - started), 1000 * cpu / done


def memory_growth(pki: testpki.TestPki, *, count: int) -> tuple[float, float]:
    """Resident megabytes after a tenth of so many B-B signatures with stamp, and after all."""
    data = pki.issue_person(name="Μαρία Οικονόμου", password=PASSWORD)
    key = signing.SigningKey.load_pkcs12(data, PASSWORD)
    place = signing.prepare(page(), [signing.Field("A", 1, (50, 50, 200, 110))])
    drawn = stamp()
    sizes = []
    for number in range(1, count + 1):
        signing.sign(place, key, field="A", stamp=drawn, level="B-B")
        if number in (count // 10, count):
            sizes.append(resident())
    return sizes[0], sizes[-1]


def resident() -> float:
    """Megabytes of this process that are in memory now."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> int:
    """Print a table; exit code 1 where the ratio to SimpleSigner is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="signed PDFs to check")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--batch", type=int, default=100, help="documents in the batch")
    parser.add_argument("--many", type=int, default=1000, help="signatures for the memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, served(Path(directory)) as pki:
        rows = signing_table(pki, rounds=arguments.rounds)
        rate, cpu = batch_rate(pki, count=arguments.batch)
        early, late = memory_growth(pki, count=arguments.many)
    checks = checking_table(arguments.folder) if arguments.folder else []
    base = rows[0].cpu
    print(
        f"{'ms per operation':40} {'CPU':>8} {'median':>8} {'p95':>8}  {'SimpleSigner / this':>20}"
    )
    for row in rows + checks:
        ratio = f"{base / row.cpu:20.1f}" if row in rows else ""
        print(f"{row.name:40} {row.cpu:8.1f} {row.median:8.1f} {row.p95:8.1f}  {ratio}")
    reached = base / rows[1].cpu
    print(f"B-B: {reached:.1f} times SimpleSigner (target {TARGET_RATIO})")
    print(
        f"batch, B-LT with stamp and seal: {rate:.1f} documents a second (target {TARGET_BATCH}),"
        f" {cpu:.0f} ms of processor time each"
    )
    print(
        f"memory: {early:.0f} MB after {arguments.many // 10} signatures,"
        f" {late:.0f} MB after {arguments.many}"
    )
    return 0 if reached >= TARGET_RATIO else 1


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The test PKI does not start.")


if __name__ == "__main__":
    sys.exit(main())
