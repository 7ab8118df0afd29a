import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.matrix.account.cross_signing import Seeds
from bot.platforms.matrix.account.recovery_key import MistypedKeyError, RecoveryKey, from_base58, to_base58
from bot.platforms.matrix.account.secret_storage import BrokenSecretError, describe, opens, seal, unseal
from bot.platforms.matrix.account.signatures import decode, encode

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# An example key of other Matrix clients, and how they write it.
KNOWN = RecoveryKey(bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
KNOWN_WRITTEN = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"

keys = st.binary(min_size=32, max_size=32).map(RecoveryKey)


def test_recovery_key_is_written_as_other_clients_write_it() -> None:
    assert KNOWN.written() == KNOWN_WRITTEN
    assert RecoveryKey.read(KNOWN_WRITTEN) == KNOWN


@pytest.mark.parametrize(
    ("raw", "written"),
    [(b"", ""), (b"\0\0", "11"), (b"Hello World!", "2NEpo7TZRRrLZSi2U"), (b"\0\0\x28\x7f\xb4\xcd", "11233QC4")],
)
def test_base58_is_that_of_its_draft(raw: bytes, written: str) -> None:
    assert to_base58(raw) == written
    assert from_base58(written) == raw


@given(keys)
def test_recovery_key_comes_back(key: RecoveryKey) -> None:
    written = key.written()
    assert [len(group) for group in written.split(" ")] == [4] * 12
    assert RecoveryKey.read(written) == key


@given(keys, st.lists(st.integers(0, 47), max_size=6))
def test_spaces_do_not_matter(key: RecoveryKey, places: list[int]) -> None:
    typed = key.written().replace(" ", "")
    for place in places:
        typed = typed[:place] + " \t\n\u00a0"[place % 4] + typed[place:]
    assert RecoveryKey.read(f" {typed}\r\n") == key


@given(keys, st.integers(0, 47), st.sampled_from(ALPHABET) | st.characters())
def test_wrong_character_is_always_found(key: RecoveryKey, place: int, character: str) -> None:
    right = key.written().replace(" ", "")
    typed = right[:place] + character + right[place + 1 :]
    assert is_opened_by(typed, key) is (typed == right)


@given(keys, st.integers(0, 47))
def test_missing_double_and_swapped_characters_are_always_found(key: RecoveryKey, place: int) -> None:
    right = key.written().replace(" ", "")
    missing = right[:place] + right[place + 1 :]
    double = right[:place] + right[place : place + 1] + right[place:]
    swapped = right[:place] + right[place : place + 2][::-1] + right[place + 2 :]
    for typed in (missing, double, swapped):
        assert is_opened_by(typed, key) is (typed == right)


@given(st.text(max_size=60))
def test_nonsense_is_a_mistyped_key_in_german(typed: str) -> None:
    with pytest.raises(MistypedKeyError, match="nicht der Wiederherstellungsschlüssel"):
        RecoveryKey.read(typed)


@given(keys, st.text(max_size=20), st.binary(max_size=100))
def test_sealed_secret_comes_back(key: RecoveryKey, name: str, secret: bytes) -> None:
    sealed = seal(key, name, secret)
    assert unseal(key, name, sealed) == secret
    padded = {field: value + "=" * (-len(value) % 4) for field, value in sealed.items()}
    assert unseal(key, name, padded) == secret


@given(keys, st.binary(min_size=1, max_size=100), st.sampled_from(["ciphertext", "mac"]), st.data())
def test_changed_byte_is_always_found(key: RecoveryKey, secret: bytes, field: str, data: st.DataObject) -> None:
    sealed = seal(key, "name", secret)
    raw = bytearray(decode(sealed[field]))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BrokenSecretError):
        unseal(key, "name", sealed | {field: encode(bytes(raw))})


@given(keys, keys, st.text(max_size=5), st.text(max_size=5))
def test_secret_belongs_to_its_key_and_name(key: RecoveryKey, other: RecoveryKey, name: str, other_name: str) -> None:
    sealed = seal(key, name, b"secret")
    for wrong_key, wrong_name in ((other, name), (key, other_name)):
        if (wrong_key, wrong_name) != (key, name):
            with pytest.raises(BrokenSecretError):
                unseal(wrong_key, wrong_name, sealed)


@pytest.mark.parametrize("sealed", [{}, {"iv": 1}, {"iv": "!", "mac": "", "ciphertext": ""}, {"iv": "", "mac": "AA"}])
def test_nonsense_is_a_broken_secret(sealed: dict[str, object]) -> None:
    with pytest.raises(BrokenSecretError):
        unseal(KNOWN, "name", sealed)


@given(keys, keys)
def test_description_is_of_one_key(key: RecoveryKey, other: RecoveryKey) -> None:
    assert opens(key, describe(key))
    assert opens(other, describe(key)) is (other == key)


def test_description_without_a_mac_fits_every_key_of_its_algorithm() -> None:
    # The specification: without it, a key has to be taken for right; the secrets have MACs of their own.
    assert opens(KNOWN, {"algorithm": "m.secret_storage.v1.aes-hmac-sha2"})
    assert not opens(KNOWN, {"algorithm": "something new"})
    assert not opens(KNOWN, {})
    assert not opens(KNOWN, describe(KNOWN) | {"iv": "!"})


def test_seeds_and_keys_do_not_show_themselves() -> None:
    assert repr(Seeds.new()) == "Seeds()"
    assert repr(KNOWN) == "RecoveryKey()"


def is_opened_by(typed: str, key: RecoveryKey) -> bool:
    """Whether the storage of `key` opens for what was typed."""
    try:
        return opens(RecoveryKey.read(typed), describe(key))
    except MistypedKeyError:
        return False
