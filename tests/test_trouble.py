"""Troubles carry what the reader needs."""

from workshop.trouble import MachineTrouble, Usage


def test_a_trouble_keeps_its_fixes_in_order() -> None:
    assert Usage("no", fix="do this").fix == ["do this"]
    assert MachineTrouble("no", fix=["first", "then"]).fix == ["first", "then"]
    assert MachineTrouble("no").fix == []
