"""What is installed is what the tests see."""

from pathlib import Path

import tfpartial


def test_every_folder_of_the_library_is_a_package():
    root = Path(tfpartial.__file__).parent
    folders = {path.parent for path in root.rglob("*.py")}
    assert folders, "no sources found"
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
