"""The order of the rooms: imports go down, never up or in a circle; and files and functions stay small."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = [
    "errors safe_text __init__",
    "names printing processor progress quiet text_table unfinished yaml_file",
    "artifacts config labels options parallel",
    "checksums tensorflow_files",
    "csv_file data free_options lock losses metrics models provenance stages",
    "arguments data.formats stage_folder",
    "cli data.layouts data.volumes finished_stages",
    "__main__ data.label_maps",
    "data.ingest data.phantom data.store data.survey",
    "data.describe data.fold pictures planning",
    "comparison data.feed integrity priors",
    "relabel segmenter",
    "export inference ranking training",
    "audit catalogue confidence experiment inspection",
    "data_prep report train",
    "evaluate",
]
"""Rooms of `tfpartial`, the lowest floor first. A room imports from lower floors only, not from its own."""
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}
STAGES = ("data_prep", "train", "evaluate")
FILES = [file for folder in ("tfpartial", *STAGES) for file in sorted((ROOT / folder).rglob("*.py"))]
PYTHON = [*FILES, *(file for folder in ("tests", "benchmarks", "docs") for file in sorted((ROOT / folder).rglob("*.py")))]


def module_of(file: Path) -> tuple[str, ...]:
    """`data.formats.label` of its file, as a tuple; that of a package is its folder's."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] in STAGES else parts[1:]
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module_of(file): file for file in FILES}


def room_of(module: tuple[str, ...]) -> str:
    in_data = len(module) > 1 and module[0] == "data" and MODULES.get(module[:2], ROOT).name == "__init__.py"
    return ".".join(module[: 2 if in_data else 1]) or "__init__"


def imports(file: Path) -> list[tuple[str, ...]]:
    """The modules of this program that a file imports, those inside functions too."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are written out from `tfpartial` on"
            base = tuple((node.module or "").split("."))
            found += [(*base, alias.name) if (*base, alias.name)[1:] in MODULES else base for alias in node.names]
    return [name[1:] for name in found if name[0] == "tfpartial"]


def upward_imports(floor_of: dict[str, int]) -> list[str]:
    found = []
    for module, file in MODULES.items():
        for other in imports(file):
            mine, its = room_of(module), room_of(other)
            if mine != its and floor_of[mine] <= floor_of[its]:
                found.append(f"{file.relative_to(ROOT)} ({mine}) imports {MODULES[other].relative_to(ROOT)} ({its})")
    return found


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR_OF)


def test_imports_go_down():
    assert upward_imports(FLOOR_OF) == []


def test_an_import_upwards_is_named_with_both_files():
    upside_down = FLOOR_OF | {"losses": FLOOR_OF["training"] + 1}
    assert "tfpartial/training/objective.py (training) imports tfpartial/losses/__init__.py (losses)" in upward_imports(
        upside_down
    )


def test_no_module_imports_itself_by_way_of_others():
    reached: dict[tuple[str, ...], set[tuple[str, ...]]] = {module: set(imports(file)) for module, file in MODULES.items()}
    done: set[tuple[str, ...]] = set()

    def visit(module: tuple[str, ...], way: list[tuple[str, ...]]) -> None:
        assert module not in way, " -> ".join(".".join(step) for step in [*way[way.index(module) :], module])
        if module not in done:
            for other in sorted(reached[module]):
                visit(other, [*way, module])
            done.add(module)

    for module in MODULES:
        visit(module, [])


def test_files_and_functions_are_small():
    large = []
    for file in PYTHON:
        text, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT).as_posix()
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        large += [f"{name}: {text.count(chr(10))} lines"] * (text.count("\n") > 350)
        large += [f"{name}: {node.name}" for node in functions if (node.end_lineno or 0) - node.lineno >= 60]
    assert large == []
