"""Each slug has a page; its failing code fails with that slug and that text, its mended code runs compiled."""

import pytest

from tests.errors.pages import PAGES, blocks, code_slugs, page_slugs, run

WITHOUT_CODE = {  # nothing a user writes leads there
    "compiler-failure": "a fault of accel itself",
    "no-executable-memory": "a property of the system",
}


def test_slugs_and_pages_agree():
    assert code_slugs() == set(page_slugs())


def test_index_lists_every_page():
    index = (PAGES / "README.md").read_text()
    assert [s for s in page_slugs() if f"({s}.md)" not in index] == []


@pytest.mark.parametrize("slug", page_slugs())
def test_page(slug, tmp_path, monkeypatch):
    monkeypatch.delenv("ACCEL_HINTS", raising=False)
    found = blocks(slug)
    if slug in WITHOUT_CODE:
        assert not [k for k, _ in found if k == "python fails"]
        return
    kinds = [kind for kind, _ in found]
    assert kinds[:2] == ["python fails", "text"]
    assert "python mended" in kinds
    said = ""
    for number, (kind, text) in enumerate(found):
        folder = tmp_path / str(number)
        folder.mkdir()
        if kind == "text":
            assert text == said
            continue
        diagnostics, said = run(text, folder)
        if kind == "python fails":
            assert f"[{slug}]" in said
        else:
            assert not diagnostics, said
