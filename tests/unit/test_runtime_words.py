"""Signals as people and engines write them."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import Error
from anocir.runtime.kill import parse_signal

NAMED = [s for s in signal.Signals if s.name not in ("SIGRTMIN", "SIGRTMAX")]


@pytest.mark.parametrize("number", NAMED)
def test_every_signal_in_every_form(number: signal.Signals) -> None:
    short = number.name.removeprefix("SIG")
    for text in (number.name, short, number.name.lower(), short.lower(), str(int(number)),
                 f"0{int(number)}"):  # fmt: skip
        assert parse_signal(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("RTMIN", signal.SIGRTMIN), ("SIGRTMIN+3", signal.SIGRTMIN + 3), ("rtmin+0",
     signal.SIGRTMIN), ("RTMAX", signal.SIGRTMAX), ("99", 99), ("999999999", 999_999_999)],
)  # fmt: skip
def test_numbers_and_real_time_signals(text: str, number: int) -> None:
    assert parse_signal(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "SIG", "FROB", "SIGFROB", "_DFL", "SIG_IGN", "_BLOCK", "-9", "+9", " 9", "9 ", "9.0",
     "٣", "²", "KILL+1", "RTMIN+", "RTMIN+x", "RTMIN-1", "RTMAX-1", "RTMIN+٣", "SIGSIGKILL",
     "9999999999", "9" * 5000, "KILL\n", "RTMIN+100", "RTMIN+" + "9" * 5000, "K\0ILL"],
)  # fmt: skip
def test_what_is_no_signal(text: str) -> None:
    with pytest.raises(Error) as caught:
        parse_signal(text)
    assert caught.value.message == f'unknown signal "{text}"'


@given(st.text())
def test_any_text_is_a_number_or_an_error(text: str) -> None:
    try:
        assert 0 <= parse_signal(text) < 2**31
    except Error:
        pass
