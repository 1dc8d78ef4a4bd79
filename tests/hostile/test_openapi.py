"""Two thousand requests invented from the OpenAPI document, by every identity of the demo: nothing undocumented."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .fuzzing import Fuzzer, attack, fuzzer

CASES = 8


@pytest.fixture(scope="module")
def asking(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    with fuzzer(database_url, tmp_path_factory.mktemp("fuzz")) as running:
        yield running


def test_every_answer_is_one_that_the_document_promises(asking: Fuzzer) -> None:
    wrong = list(attack(asking, CASES))
    print(f"\nopenapi: {dict(sorted(asking.counted.items()))}")
    assert not wrong, "\n".join(wrong)
    assert asking.counted["cases"] >= 2_000
    assert asking.counted["judged by the document"] > 0.99 * asking.counted["cases"]
    assert min(asking.counted["2xx"], asking.counted["4xx"]) > 100
