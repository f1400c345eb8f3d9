"""The head of a cluster, watched from outside."""

import os
import socket

import pytest

from runners.backends import head
from runners.backends.head import Head, quiet_stderr


def test_a_head_is_gone_after_several_knocks_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def knock(self: Head) -> None:
        raise TimeoutError

    monkeypatch.setattr(head, "_GLANCE", 0.0)
    monkeypatch.setattr(Head, "knock", knock)
    watched = Head.at("127.0.0.1:1")
    assert [watched.is_gone() for _ in range(4)] == [False, False, True, True]
    assert not watched.answers()


def test_a_head_is_gone_where_nobody_listens_whoever_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_GLANCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"ray://127.0.0.1:{server.getsockname()[1]}"
        watched = Head.at(place)
        assert not watched.is_gone()
    assert watched.is_gone()
    with socket.create_server(("127.0.0.1", int(place.rpartition(":")[2]))):
        assert watched.is_gone()
        assert Head.at(place).answers()


def test_an_address_without_a_port_is_not_watched() -> None:
    for address in ("local", "auto", "nonsense"):
        assert Head.at(address).answers()
        assert str(Head.at(address)) == address


def test_nothing_reaches_stderr_in_quiet_and_all_does_after(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"from below")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
