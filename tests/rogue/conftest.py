# SPDX-License-Identifier: MIT
"""The rogues' tests share the harness of the system tests."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
