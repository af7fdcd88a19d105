"""The machine code that is there without a compiler is made of the texts of today."""

import hashlib

from accel.lower.apart import APART
from accel.lower.checks import CHECKS
from accel.lower.construct import CONSTRUCT
from accel.lower.lending import LENDING
from accel.lower.machine import assemble
from accel.lower.meter import METER
from accel.lower.pool import POOL
from accel.lower.replay import REPLAY
from accel.lower.stubs import STUBS
from accel.runtime.image import Image
from accel.runtime.stubs import CHECKS_IMAGE, CONSTRUCT_IMAGE, DIGEST, METER_IMAGE, REPLAY_IMAGE, STUBS_IMAGE


def images():
    kept = ((STUBS_IMAGE, STUBS), (METER_IMAGE, METER), (CONSTRUCT_IMAGE, CONSTRUCT), (CHECKS_IMAGE, CHECKS + APART + LENDING), (REPLAY_IMAGE, REPLAY))
    return [(Image.loads(bytes.fromhex(stored)), text) for stored, text in kept]


def test_made_of_the_texts_of_today():
    assert hashlib.sha256((STUBS + METER + POOL + CONSTRUCT + CHECKS + APART + LENDING + REPLAY).encode()).hexdigest() == DIGEST, "run scripts/make-stubs"


def test_offers_and_needs_what_the_texts_say():
    for stored, text in images():
        made = Image.loads(assemble(text))
        assert set(stored.exports) == set(made.exports) and set(stored.imports) == set(made.imports)
