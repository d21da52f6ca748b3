"""The integration's README says what its commands really answer."""

from lab.examples import readme_text
from lab.stage import SOURCE


def test_readme_is_what_its_examples_give_now() -> None:
    assert (SOURCE / "README.md").read_text("utf-8") == readme_text(), "run `make readme`"
