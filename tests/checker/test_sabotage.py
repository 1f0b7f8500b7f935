"""Each of the small damages is noticed by the checks that are meant for it."""

import pytest

from tests.checker.sabotage import PART, SABOTAGES, Sabotage, missed

pytestmark = [
    pytest.mark.usefixtures("as_root"),
    pytest.mark.skipif(not PART.is_dir(), reason="there is no part 08 to damage"),
]


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_sabotage_is_caught(sabotage: Sabotage) -> None:
    assert missed(sabotage) == []
