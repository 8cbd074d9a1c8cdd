"""python -I millrace_trainer/__main__.py FOLDER [JOB]: does what the file JOB says.

It works in FOLDER, which the user's code may write; without JOB the file is FOLDER/job.json.
Events leave as JSON lines on the standard output that the process was started with, commands come as
JSON lines on its standard input. What the user's code prints goes to standard error.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from millrace_trainer import job  # noqa: E402

job.main(*sys.argv[1:])
