"""Is the room of a large body given back when it is answered?"""

import subprocess
import sys

_PROGRAM = """
import sys
from pathlib import Path
from ajx_gateway.cli.garbage import give_large_buffers_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "given back":
    assert give_large_buffers_back()
size = 24 * 2**20
del (first := bytearray(b"x" * size))[:]  # glibc learns from buffers of this size
del first
before, body = resident(), bytearray(b"x" * size)
kept = [bytearray(3000) for _ in range(50)]  # what a request leaves behind lies above its body
del body
print(resident() - before)
"""


def _left(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_large_buffer_goes_back_to_the_system_although_smaller_ones_lie_above_it() -> None:
    assert _left("given back") < 8 * 2**20
