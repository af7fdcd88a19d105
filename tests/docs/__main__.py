"""`python -m tests.docs`: write docs/reference.md, and the table of docs/types.md, anew."""

from tests.docs import promotion, reference

reference.PAGE.write_text(reference.write_reference())
promotion.PAGE.write_text(promotion.write_page())
