"""Entry point: ``python -u -m millrace_worker`` or ``python -u .../millrace_worker/__main__.py``."""

import os
import sys

if not __package__:
    # Run by path: see the package, but leave none of its modules open to the function by accident.
    _here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == _here:
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(_here))
    from millrace_worker.runner import main

    del sys.path[0]
else:
    from .runner import main

if __name__ == "__main__":
    sys.exit(main())
