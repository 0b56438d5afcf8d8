"""Exit with 0 when the dynamic linker finds libmpv, the way python-mpv looks for it, else with 1."""

import ctypes.util
import sys

sys.exit(0 if ctypes.util.find_library("mpv") else 1)
