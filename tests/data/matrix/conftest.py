"""A good data set of one case in every format, to be broken in one place, and the real command run over it."""

from __future__ import annotations

import gzip
import importlib.util
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tfpartial import cli


def _load(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"matrix_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


files = _load("files")
VOLUMES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
PICTURES = (".png", ".jpg")
ARCHIVES = (".zip", ".tar.gz")
LIVER = (1, 1, 3, 2, 4)


class Source:
    """A data set of one case, `a`, with a liver.

    Args:
        root: its folder, which is made.
        form: the ending of a volume, picture or archive, or `seg.nrrd`, `DICOM`, `DICOM-SEG`, `RTSTRUCT`, `msd`,
            `totalsegmentator`; anything else is nnU-Net's layout.
    """

    files = files

    def __init__(self, root: Path, form: str) -> None:
        self.root = root
        self.form = form
        self.case = "a"
        self.options: dict[str, object] = {}
        self.path = root
        make, self.layout = {
            "seg.nrrd": (self._segmented_nrrd, "pairs"),
            "DICOM": (self._series, "pairs"),
            "DICOM-SEG": (self._dicom_seg, "dicom"),
            "RTSTRUCT": (self._rtstruct, "dicom"),
            "msd": (self._msd, "auto"),
            "totalsegmentator": (self._masks, "auto"),
            **dict.fromkeys(PICTURES, (self._pictures, "pairs")),
            **dict.fromkeys(VOLUMES, (self._volumes, "pairs")),
        }.get(form, (self._nnunet, "auto"))
        make()
        if form in ARCHIVES:
            self.pack()

    def config(self) -> dict[str, object]:
        """The source as the configuration has it."""
        patterns: dict[str, object] = {}
        if self.layout == "pairs":
            patterns = {name: self.pattern(path) for name, path in (("images", self.image), ("labels", self.label))}
            patterns |= {"organs": {"liver": ["liver" if self.form == "seg.nrrd" else 1]}, "annotated": ["liver"]}
        return {"path": str(self.path), "layout": self.layout, **patterns, **self.options}

    def pattern(self, path: Path) -> str:
        return f"{path.parent.name}/{{case}}{path.name.removeprefix(self.case)}"

    @property
    def voxels(self) -> Path:
        """The file with the voxels of the image."""
        return self.image.with_suffix(".raw") if self.form in (".nhdr", ".mhd") else self.image

    def cut(self, path: Path, end: int) -> None:
        path.write_bytes(path.read_bytes()[:end])

    def flip(self, path: Path, place: int) -> None:
        content = bytearray(path.read_bytes())
        content[place] ^= 0xFF
        path.write_bytes(content)

    def replace(self, path: Path, old: bytes, new: bytes) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    def patch(self, offset: int, kind: str, *numbers: float) -> None:
        """Numbers in the header of the NIfTI image, by their place and `struct` type."""
        packed = self.form == ".nii.gz"
        content = bytearray(gzip.decompress(self.image.read_bytes()) if packed else self.image.read_bytes())
        struct.pack_into(f"<{kind}", content, offset, *numbers)
        self.image.write_bytes(gzip.compress(content, mtime=0) if packed else content)

    def header(self, nrrd: tuple[bytes, bytes], meta: tuple[bytes, bytes]) -> None:
        """Replaces a text in the header of an NRRD or a MetaImage."""
        self.replace(self.image, *(nrrd if self.form in (".nrrd", ".nhdr") else meta))

    def describe(self, **changes: object) -> None:
        path = self.root / "dataset.json"
        content = {**json.loads(path.read_text()), **changes}
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    def pack(self, **members: Path | str) -> None:
        """Packs the folder, and further members: name -> file, or target of a link."""
        self.path = self.root.with_name(f"archive{self.form}")
        self.path.unlink(missing_ok=True)
        if self.form == ".zip":
            with zipfile.ZipFile(self.path, "w") as archive:
                for file in (file for file in self.root.rglob("*") if file.is_file()):
                    archive.write(file, file.relative_to(self.root.parent))
                for name, file in members.items():
                    archive.writestr(name, Path(file).read_bytes())
        else:
            with tarfile.open(self.path, "w:gz") as archive:
                archive.add(self.root, self.root.name)
                for name, file in members.items():
                    member = tarfile.TarInfo(name)
                    if isinstance(file, str):
                        member.type, member.linkname = tarfile.SYMTYPE, file
                    archive.addfile(member)

    def _volumes(self) -> None:
        self.image = files.write_volume(self.root / "images" / f"a{self.form}", files.hu())
        self.label = files.write_volume(self.root / "labels" / f"a{self.form}", files.box())

    def _segmented_nrrd(self) -> None:
        self.image = files.write_volume(self.root / "images" / "a.nrrd", files.hu())
        self.label = files.write_segmented_nrrd(self.root / "labels" / "a.seg.nrrd", files.box())

    def _series(self) -> None:
        self.image = files.write_series(self.root / "images" / "a", files.hu())
        self.label = files.write_volume(self.root / "labels" / "a.nii.gz", files.box())

    def _pictures(self) -> None:
        self.image = files.write_picture(self.root / "images" / f"a{self.form}", files.hu()[0].astype("uint8"))
        self.label = files.write_picture(self.root / "labels" / "a.png", files.box()[1])
        self.options = {"channels": ["grey"]}

    def _dicom_seg(self) -> None:
        self.image = files.write_series(self.root / "a" / "ct", files.hu())
        self.label = files.write_dicom_seg(self.root / "a" / "seg.dcm", self.image, {"liver": files.box()})

    def _rtstruct(self) -> None:
        self.image = files.write_series(self.root / "a" / "ct", files.hu())
        self.label = files.write_rtstruct(self.root / "a" / "rt.dcm", {"liver": LIVER})

    def _nnunet(self) -> None:
        self.image = files.write_volume(self.root / "imagesTr" / "a_0000.nii.gz", files.hu())
        self.label = files.write_volume(self.root / "labelsTr" / "a.nii.gz", files.box())
        labels = {"background": 0, "liver": 1}
        content = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"}
        (self.root / "dataset.json").write_text(json.dumps(content))

    def _msd(self) -> None:
        self.image = files.write_volume(self.root / "imagesTr" / "a.nii.gz", files.hu())
        self.label = files.write_volume(self.root / "labelsTr" / "a.nii.gz", files.box())
        training = [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]
        labels = {"0": "background", "1": "liver"}
        content = {"modality": {"0": "CT"}, "labels": labels, "numTraining": 1, "training": training}
        (self.root / "dataset.json").write_text(json.dumps(content))

    def _masks(self) -> None:
        self.image = files.write_volume(self.root / "a" / "ct.nii.gz", files.hu())
        self.label = files.write_volume(self.root / "a" / "segmentations" / "liver.nii.gz", files.box())


@dataclass(frozen=True)
class Outcome:
    """What the command did.

    Args:
        status: its exit status.
        problems: the rows that it printed.
        error: what it wrote to the terminal, its own line and anybody's.
        left: files and folders that were not there before.
    """

    status: int
    problems: list[dict[str, str]]
    error: str
    left: list[str]


@pytest.fixture(scope="session")
def make_source() -> type[Source]:
    """For tests that need many good data sets."""
    return Source


@pytest.fixture
def source_of(tmp_path: Path) -> Callable[[str], Source]:
    """Makes a good data set of a form."""
    return lambda form: Source(tmp_path / "source", form)


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a verb with a section of its configuration, in this process, without progress bars."""

    def run(verb: str, **section: object) -> Outcome:
        config = tmp_path / "config.yaml"
        config.write_text(json.dumps({verb: section}))
        before = set(tmp_path.rglob("*"))
        capfd.readouterr()
        status = cli.main([verb, "--config", str(config), "--workers", "1", "--json"])
        printed = capfd.readouterr()
        content = json.loads(printed.out) if printed.out else {}
        left = sorted(str(path.relative_to(tmp_path)) for path in set(tmp_path.rglob("*")) - before)
        return Outcome(status, content.get("problems", []), printed.err, left)

    return run


@pytest.fixture
def ingest(run: Callable[..., Outcome], tmp_path: Path) -> Callable[[Source], Outcome]:
    """Runs `ingest` over a source."""
    out = tmp_path / "out"
    out.mkdir()  # it may stay, empty
    return lambda source: run("ingest", sources=[source.config()], out=str(out / "manifest.json"))


@pytest.fixture
def prepare(run: Callable[..., Outcome], tmp_path: Path) -> Callable[[Path], Outcome]:
    """Runs `prepare` over a manifest."""
    store = tmp_path / "store"
    return lambda manifest: run("prepare", manifest=str(manifest), out=str(store), size=[8, 8])


@pytest.fixture
def unreadable() -> Callable[[Path], None]:
    """Takes away the permission to read; skips where that does not stop anybody (root)."""

    def take(path: Path) -> None:
        path.chmod(0)
        try:
            path.open("rb").close() if path.is_file() else list(path.iterdir())
        except PermissionError:
            return
        path.chmod(0o755)
        pytest.skip("this user may read everything")

    return take
