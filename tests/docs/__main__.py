"""`python -m tests.docs`: write docs/reference.md, and the tables of docs/types.md and docs/numbers.md, anew."""

from tests.docs import numbers, promotion, reference

reference.PAGE.write_text(reference.write_reference())
promotion.PAGE.write_text(promotion.write_page())
numbers.PAGE.write_text(numbers.write_page())
