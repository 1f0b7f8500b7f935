"""What the runtime and init say to each other, and what start reads from init."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import Error
from anocir.runtime import channel
from anocir.runtime.start import init_words


@pytest.fixture
def ends() -> tuple[channel.Channel, channel.Channel]:
    return channel.pair()


def test_messages_arrive_in_order(ends: tuple[channel.Channel, channel.Channel]) -> None:
    runtime, init = ends
    runtime.send("go")
    init.send("ready", times=[["mount", 5]])
    init.send("error", step="ü\n", text='"')
    assert init.receive() == {"message": "go"}
    assert runtime.receive() == {"message": "ready", "times": [["mount", 5]]}
    assert runtime.receive() == {"message": "error", "step": "ü\n", "text": '"'}


def test_the_end_of_the_other_side_is_none(ends: tuple[channel.Channel, channel.Channel]) -> None:
    runtime, init = ends
    init.send("ready")
    init.close()
    assert runtime.receive() == {"message": "ready"}
    assert runtime.receive() is None
    with pytest.raises(BrokenPipeError):
        runtime.send("go")


def test_half_a_message_is_none(ends: tuple[channel.Channel, channel.Channel]) -> None:
    runtime, init = ends
    os.write(init.write_fd, b'{"message": "rea')
    init.close()
    assert runtime.receive() is None


def test_a_message_longer_than_a_pipe(ends: tuple[channel.Channel, channel.Channel]) -> None:
    runtime, init = ends
    text = "x" * 1_000_000
    sender = threading.Thread(target=init.send, args=("error",), kwargs={"text": text})
    sender.start()
    message = runtime.receive()
    sender.join()
    assert message is not None and message["text"] == text


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(TEXT | st.integers() | st.booleans() | st.lists(TEXT), max_size=5))
def test_any_value_gets_through(values: list[object]) -> None:
    runtime, init = channel.pair()
    try:
        for value in values:
            init.send("m", text=value)
        for value in values:
            assert runtime.receive() == {"message": "m", "text": value}
    finally:
        runtime.close()
        init.close()


@given(st.binary(max_size=100))
def test_garbage_is_an_error_or_nothing(text: bytes) -> None:
    runtime, init = channel.pair()
    os.write(init.write_fd, text + b"\n")
    init.close()
    try:
        message = runtime.receive()
        assert message is None or isinstance(message, dict)
    except Error:
        pass
    finally:
        os.close(runtime.read_fd)
        os.close(runtime.write_fd)


def test_the_rest_is_all_that_comes(ends: tuple[channel.Channel, channel.Channel]) -> None:
    runtime, init = ends
    init.send("ready")
    os.write(init.write_fd, b"exec: 8\n")
    assert runtime.receive() == {"message": "ready"}
    os.write(init.write_fd, b"more")
    init.close()
    assert runtime.rest() == b"exec: 8\nmore"


def test_descriptors_are_not_inherited(ends: tuple[channel.Channel, channel.Channel]) -> None:
    for end in ends:
        assert not os.get_inheritable(end.read_fd) and not os.get_inheritable(end.write_fd)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (b"exec: 8\n", "exec: exec format error"),
        (b"exec: 2\n", "exec: no such file or directory"),
        (b"credentials: operation not permitted\n", "credentials: operation not permitted"),
        (b"the config has no process to start\n", "the config has no process to start"),
        (b"\xff\n", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_words_of_init(words: bytes, text: str) -> None:
    assert init_words(words) == text
