"""Where the app listens: what cannot be had is told in words, before anything is served."""

from __future__ import annotations

import socket

import pytest

from workbench.app.hosts import Hosts
from workbench.app.listening import Place, telling_in_words
from workbench.core.errors import BadInput


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "localhost", "::1"])
def test_only_this_machine_reaches_an_address_of_the_loopback(address: str) -> None:
    assert Place.of(address, 0).private


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.77", "::ffff:192.0.2.77"])
def test_other_machines_reach_any_other_address(address: str) -> None:
    assert not Place.of(address, 0).private


@pytest.mark.parametrize("address", ["nowhere.invalid", "", "..", "http://127.0.0.1", "a" * 64])
def test_an_address_that_nobody_knows_is_told_in_words(address: str) -> None:
    with pytest.raises(BadInput, match="is not an address of this machine"):
        Place.of(address, 0)


@pytest.mark.parametrize(
    ("prefix", "path"), [("", ""), ("/", ""), ("user/x", "/user/x"), ("/user/x/", "/user/x"), ("/user/a%40b.org/", "/user/a%40b.org")]
)
def test_a_prefix_is_a_path_with_or_without_its_slashes(prefix: str, path: str) -> None:
    place = Place.of("::1", 0, prefix)
    assert place.prefix == path
    assert place.url("::1", 80, None) == f"http://[::1]:80{path}/"


@pytest.mark.parametrize("prefix", ["/a+b", "/a/../b", "/a//b", "/(a)", "/a b", "/ä", "?x", "/a/."])
def test_a_prefix_that_is_no_path_is_told_in_words(prefix: str) -> None:
    with pytest.raises(BadInput, match="is not a path"):
        Place.of("127.0.0.1", 0, prefix)


def test_the_names_that_a_place_answers_to_are_its_own_and_those_allowed() -> None:
    assert Place.of("127.0.0.1", 0, allow=["Hub.example"]).hosts == Hosts(frozenset({"127.0.0.1", "hub.example"}), frozenset({"hub.example"}))
    assert Place.of("0.0.0.0", 0).hosts == Hosts()


def test_an_address_of_another_machine_is_told_in_words() -> None:
    with pytest.raises(BadInput, match=r"cannot listen at 192\.0\.2\.77:5006") as told, telling_in_words("192.0.2.77", 5006), socket.socket() as one:
        one.bind(("192.0.2.77", 5006))
    assert (told.value.where, "127.0.0.1" in told.value.fix) == ("--address", True)
