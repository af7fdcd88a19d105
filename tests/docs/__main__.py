"""`python -m tests.docs`: write docs/reference.md anew."""

from tests.docs.reference import PAGE, write_reference

PAGE.write_text(write_reference())
