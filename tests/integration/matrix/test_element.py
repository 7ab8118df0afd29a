"""The instrument: what Element shows of other Elements is what it is known to show."""

import itertools

import pytest

from servers.element import Element, ElementError, Shield, needs_node
from servers.synapse import Account, Synapse, eventually

pytestmark = needs_node
UNSIGNED = Shield("red", "UNSIGNED_DEVICE")
_numbers = itertools.count(1)


@pytest.fixture
def clara(synapse: Synapse) -> Account:
    return synapse.register(f"clara{next(_numbers)}")


@pytest.fixture
def david(synapse: Synapse) -> Account:
    return synapse.register(f"david{next(_numbers)}")


async def room_of(host: Element, *guests: Element) -> str:
    """An encrypted room in which everybody sees everybody."""
    room = await host.create_room(*(guest.id for guest in guests))
    for guest in guests:
        await guest.join(room)
    for one, other in itertools.permutations((host, *guests), 2):
        await one.wait_for_member(room, other.id)
    return room


async def test_signed_people_see_each_other_without_a_shield(clara: Account, david: Account) -> None:
    async with Element.open(clara, exclude_unsigned=True) as one, Element.open(david, exclude_unsigned=True) as other:
        room = await room_of(one, other)
        question = await one.say(room, "Wo ist das Formular?")
        asked = await other.wait_for(room, one.id)
        await other.say(room, "Im Intranet.")
        answered = await one.wait_for(room, other.id, "Intranet", after=question)
        assert (asked.event_id, asked.text) == (question, "Wo ist das Formular?")
        for seen in (asked, answered):
            assert seen.is_encrypted
            assert (seen.type, seen.shield, seen.decryption_failure) == ("m.room.message", None, None)
        assert [seen.text for seen in await one.messages(room)] == ["Wo ist das Formular?", "Im Intranet."]
        [device] = (await one.devices_of(other.id)).values()
        assert (device.device_id, device.signed_by_owner) == (other.device_id, True)


async def test_unsigned_sender_gets_a_shield_and_is_hidden_where_insecure_devices_are_excluded(
    synapse: Synapse, clara: Account, david: Account
) -> None:
    erik = synapse.register(f"erik{next(_numbers)}")
    async with (
        Element.open(clara, cross_signed=False) as unsigned,
        Element.open(david) as usual,
        Element.open(erik, exclude_unsigned=True) as strict,
    ):
        room = await room_of(unsigned, usual, strict)
        await unsigned.say(room, "Hallo?")
        seen = await usual.wait_for(room, unsigned.id, "Hallo?")
        assert (seen.text, seen.shield) == ("Hallo?", UNSIGNED)
        await eventually(lambda: fails_with("UNSIGNED_SENDER_DEVICE", strict, room, unsigned.id))
        hidden = await strict.wait_for(room, unsigned.id, within=0.1)
        assert (hidden.text, hidden.is_encrypted) == ("", True)

        await strict.say(room, "Nur für Geprüfte.")
        assert (await usual.wait_for(room, strict.id)).text == "Nur für Geprüfte."
        withheld = "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        await eventually(lambda: fails_with(withheld, unsigned, room, strict.id))


async def fails_with(reason: str, person: Element, room: str, sender: str) -> bool:
    """Whether the sender's only message cannot be decrypted for a reason."""
    return [seen.decryption_failure for seen in await person.messages(room, sender)] == [reason]


async def test_edits_reactions_and_deletions_are_seen(clara: Account, david: Account) -> None:
    async with Element.open(clara) as one, Element.open(david) as other:
        room = await room_of(one, other)
        first = await one.say(room, "um acht")
        second = await one.say(room, "vergiss es")
        await one.edit(room, first, "um neun")
        await one.redact(room, second)
        await one.react(room, first, "👍")
        reaction = await other.wait_for(room, one.id, "👍", kind="m.reaction")
        edited, deleted = await other.messages(room, one.id)
        assert reaction.relation == {"rel_type": "m.annotation", "event_id": first, "key": "👍"}
        assert not reaction.is_encrypted
        assert (edited.text, edited.content["body"], edited.is_redacted) == ("um neun", "um acht", False)
        assert deleted.is_redacted


async def test_plain_room_is_not_taken_for_an_encrypted_one(clara: Account) -> None:
    async with Element.open(clara) as one:
        room = await one.create_room(encrypted=False)
        await one.say(room, "für alle lesbar")
        seen = await one.wait_for(room, one.id)
        assert (seen.text, seen.shield, seen.is_encrypted) == ("für alle lesbar", None, False)
        with pytest.raises(ElementError, match="did not come"):
            await one.wait_for(room, one.id, "nie gesagt", within=0.1)


async def test_recovery_key_signs_a_new_device_with_the_same_identity(clara: Account, david: Account) -> None:
    async with Element.open(clara) as old, Element.open(david) as friend:
        room = await room_of(old, friend)
        key = await old.set_up_recovery_key()
        async with Element.open(clara, cross_signed=False) as new:

            async def is_signed() -> bool:
                devices = await friend.devices_of(new.id)
                return new.device_id in devices and devices[new.device_id].signed_by_owner

            await eventually(lambda: knows(friend, new))
            assert not await is_signed()
            assert await new.sign_in_with_recovery_key(key)
            await eventually(is_signed)
            await new.join(room)
            said = await new.say(room, "Neues Telefon.")
            assert (await friend.wait_for(room, new.id, "Telefon")).shield is None
            assert (await old.wait_for(room, old.id, "Telefon")).event_id == said


async def knows(person: Element, other: Element) -> bool:
    """Whether a client has heard of the device of another one."""
    return other.device_id in await person.devices_of(other.id)


async def test_wrong_recovery_key_changes_nothing(clara: Account, david: Account) -> None:
    async with Element.open(clara) as old, Element.open(david) as stranger:
        await old.set_up_recovery_key()
        wrong = await stranger.set_up_recovery_key()
        async with Element.open(clara, cross_signed=False) as new:
            with pytest.raises(ElementError, match="missing or wrong"):
                await new.sign_in_with_recovery_key(wrong)
            assert not (await new.devices_of(new.id))[new.device_id].signed_by_owner


async def test_new_identity_signs_only_the_device_that_made_it(clara: Account) -> None:
    async with Element.open(clara) as old, Element.open(clara, cross_signed=False) as new:
        await eventually(lambda: knows(old, new))
        await new.reset_identity()
        devices = await new.devices_of(new.id)
        assert devices[new.device_id].cross_signing_verified
        assert not devices[old.device_id].signed_by_owner


async def test_existing_identity_is_not_replaced_unasked_and_a_stopped_client_says_so(clara: Account) -> None:
    async with Element.open(clara) as one:
        with pytest.raises(ElementError, match="has an identity"):
            async with Element.open(clara):
                pass
        await one.stop()
        with pytest.raises(ElementError, match="has ended"):
            await one.create_room()
