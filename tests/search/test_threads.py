"""One thread while an engine thinks, also for libraries that are loaded late."""

import subprocess
import sys

CODE = """
from threadpoolctl import threadpool_info
from search.threads import one_thread

with one_thread():
    pass
import sklearn.ensemble  # brings OpenMP, after the first block
with one_thread():
    print(sorted({(each["user_api"], each["num_threads"]) for each in threadpool_info()}))
"""


def test_libraries_loaded_after_the_first_block_are_limited_in_the_next() -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[('blas', 1), ('openmp', 1)]"
