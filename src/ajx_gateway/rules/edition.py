"""BY WHAT is a record judged here? One number for all that a record's own rules look at besides the record and its arrival."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from ajx_gateway import jurisdictions, standard
from ajx_gateway.jurisdictions import OVERLAY_VARIABLE
from ajx_gateway.rules.registry import ruleset


@lru_cache(maxsize=1)
def edition() -> int:
    """Another number (32 bits, signed) as soon as a rule, a law or a code of this process is another."""
    digest = hashlib.sha256(ruleset().encode())
    folders = [Path(package.__file__).parent for package in (standard, jurisdictions) if package.__file__]
    own = os.environ.get(OVERLAY_VARIABLE)
    for folder in (*folders, *((Path(own),) if own else ())):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(file.relative_to(folder).as_posix().encode())
                digest.update(file.read_bytes())
    return int.from_bytes(digest.digest()[:4], "big", signed=True)
