"""`python -m signing.testpki serve DIRECTORY [--host H] [--port N]`: the server on its own."""

import argparse
import signal
import sys
from pathlib import Path

from signing.testpki.authority import HOST, create
from signing.testpki.server import Server


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m signing.testpki", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    serve = commands.add_parser("serve", help="serve the PKI of a directory; make it if missing")
    serve.add_argument("directory", type=Path)
    serve.add_argument("--host", default=HOST)
    serve.add_argument("--port", type=int, help="default: the port in the certificates")
    serve.add_argument("--organisation", default="Docflow", help="for a PKI that is made now")
    arguments = parser.parse_args()
    pki = create(
        arguments.directory,
        organisation=arguments.organisation,
        port=arguments.port,
        host=arguments.host,
    )
    server = Server(pki, host=arguments.host, port=arguments.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"Test PKI on http://{arguments.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
