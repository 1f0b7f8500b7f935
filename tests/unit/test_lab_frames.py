"""Framing between the lab's host and guest: nothing lost, nothing read that was not sent."""

from __future__ import annotations

from lab import frames


def test_a_frame_is_one_line_and_comes_back() -> None:
    line = frames.encode(frames.STDOUT, b"\n\0\xff")
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert frames.Decoder().feed(line) == [(frames.STDOUT, b"\n\0\xff")]


def test_frames_may_arrive_in_any_pieces() -> None:
    stream = frames.encode(frames.STDIN, b"one") + frames.encode(frames.STDIN)
    decoder = frames.Decoder()
    found = [frame for byte in stream for frame in decoder.feed(bytes([byte]))]
    assert found == [(frames.STDIN, b"one"), (frames.STDIN, b"")]


def test_half_a_frame_of_a_dead_client_is_dropped() -> None:
    frame = frames.encode(frames.RUN, b"argv:reboot")
    for length in range(len(frame) - 1):
        stream = frame[:length] + b"\n" + frames.encode(frames.HELLO, b"me")
        assert frames.Decoder().feed(stream) == [(frames.HELLO, b"me")]


def test_lines_that_are_no_frames_are_dropped() -> None:
    assert frames.Decoder().feed(b"\n\nX!!!\nnoise from the console\n") == []


def test_a_chunk_fits_one_write_of_a_port() -> None:
    assert len(frames.encode(frames.STDOUT, b"x" * frames.CHUNK)) <= 32768


def test_a_request_comes_back_whole() -> None:
    request = {
        "argv": ["sh", "-c", "a:b\nc=d", ""],
        "cwd": ["/tmp/ü:x"],
        "env": ["A=b=c", "EMPTY="],
        "tty": ["24", "80"],
        "control": ["yes"],
    }
    assert frames.unpack_request(frames.pack_request(request)) == request


def test_what_a_request_leaves_out_is_empty() -> None:
    request = frames.unpack_request(frames.pack_request({"argv": ["true"], "cwd": ["/"]}))
    assert request == {"argv": ["true"], "cwd": ["/"], "env": [], "tty": [], "control": []}


def test_names_that_are_not_utf8_survive() -> None:
    name = b"\xff\xfe".decode("utf-8", "surrogateescape")
    packed = frames.pack_request({"argv": ["ls", name]})
    assert frames.unpack_request(packed)["argv"] == ["ls", name]
