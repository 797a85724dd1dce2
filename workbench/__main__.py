"""`python -m workbench` is `jepa-workbench`."""

import sys

from workbench.cli import main

sys.exit(main())
