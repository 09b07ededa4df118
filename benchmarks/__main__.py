"""`make bench`: every measurement, one after the other; each can be run alone as well.

python -m benchmarks [NAME]…   (the names are those of ALL)
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALL = {
    "registration": "registration.py",
    "scale": "register_at_scale.py",
    "reading": "ocr_vs_ocrmypdf.py",
    "signing": "signing_speed.py",
    "stack": "stack_figures.py",
    "import": "import_register.py",
    "closings": "closings.py",
    "lists": "lists.py",
    "audit": "audit_log.py",
    "custody": "custody.py",
    "understanding": "understanding.py",
    "searching": "searching.py",
    "processes": "processes.py",
    "applications": "applications.py",
}


def main() -> int:
    wanted = sys.argv[1:] or list(ALL)
    unknown = [name for name in wanted if name not in ALL]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(ALL)}")
        return 2
    failed = 0
    for name in wanted:
        print(f"== {name}", flush=True)
        failed |= subprocess.call([sys.executable, str(HERE / ALL[name])])  # ours
    return failed


if __name__ == "__main__":
    sys.exit(main())
