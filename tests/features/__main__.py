"""Writes `docs/what-compiles.md`."""

from tests.features.page import PAGE, write_page

if __name__ == "__main__":
    PAGE.write_text(write_page())
    print(PAGE)
