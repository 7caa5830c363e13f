# SPDX-License-Identifier: MIT
"""scale.py - the counts of tests/scale.def: with WEFT_SCALE=long the second column."""
import os
import re

_TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scale.def")
_ROW = re.compile(r"^SCALE\((\w+),\s*(\d+),\s*(\d+),", re.M)


def rows():
    """name -> (per change, long)"""
    with open(_TABLE, encoding="utf-8") as table:
        return {m[1]: (int(m[2]), int(m[3])) for m in _ROW.finditer(table.read())}


def scale(name):
    """How often to do it."""
    return rows()[name][os.environ.get("WEFT_SCALE") == "long"]


def scale_done(name, n):
    """It was done n times: for the table that a long run prints."""
    path = os.environ.get("WEFT_SCALE_DONE")
    if path and name in rows():
        with open(path, "a", encoding="utf-8") as log:
            log.write(f"{name} {n}\n")
