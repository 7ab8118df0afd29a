import itertools
from pathlib import Path

import aiohttp
import pytest

from servers.matrix_bot import Bot
from servers.synapse import Person, Synapse

_numbers = itertools.count(1)


@pytest.fixture
def bot(synapse: Synapse, tmp_path: Path) -> Bot:
    return Bot(synapse.register(f"lotse{next(_numbers)}", display_name="Lotsenfunk"), tmp_path)


@pytest.fixture
def anna(synapse: Synapse, http: aiohttp.ClientSession) -> Person:
    return Person(synapse.register(f"anna{next(_numbers)}", display_name="Anna"), http)


@pytest.fixture
def ben(synapse: Synapse, http: aiohttp.ClientSession) -> Person:
    return Person(synapse.register(f"ben{next(_numbers)}", display_name="Ben"), http)
