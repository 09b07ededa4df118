"""A real clamd with one signature: that of EICAR's test file, which is no virus.

Debian's clamav-daemon, without the databases that freshclam would fetch.
"""

import signal
import subprocess
from dataclasses import dataclass

from docflow.documents import clamd
from docflow.embedded import processes
from tests.stack import Server

# In two pieces: no scanner of this machine should find it here.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
VIRUS = "Docflow.Test.EICAR.UNOFFICIAL"  # clamd says so of names that are not its own
LONGEST = 1 << 20  # bytes that this clamd takes


@dataclass(kw_only=True)
class ClamdServer(Server):
    """clamd on a Unix socket in its folder, and on a port of loopback."""

    @property
    def address(self) -> str:
        return f"unix:{self.folder.absolute() / 'clamd.sock'}"

    @property
    def tcp_address(self) -> str:
        return f"tcp://{processes.LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        return clamd.ping(self.tcp_address)

    def _launch(self) -> "subprocess.Popen[bytes]":
        folder = self.folder.absolute()
        signatures = folder / "signatures"
        signatures.mkdir(exist_ok=True)
        (signatures / "test.ndb").write_text(
            f"{VIRUS.removesuffix('.UNOFFICIAL')}:0:0:{EICAR.hex()}\n"
        )
        (folder / "clamd.conf").write_text(
            "\n".join(
                (
                    "Foreground yes",
                    f"DatabaseDirectory {signatures}",
                    f"LocalSocket {folder / 'clamd.sock'}",
                    f"TCPSocket {self.port}",
                    f"TCPAddr {processes.LOOPBACK}",
                    f"TemporaryDirectory {folder}",
                    f"StreamMaxLength {LONGEST}",
                    "MaxThreads 2",
                )
            )
        )
        return processes.spawn(
            ["/usr/sbin/clamd", "--config-file", str(folder / "clamd.conf")],
            log=self.log,
            death_signal=signal.SIGKILL,
        )
