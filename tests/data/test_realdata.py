"""Reading real volumes; skipped where they are not there."""

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.layouts import read_source
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.data.volumes.volume import read_volume
from tfpartial.labels import OrganTable

TOTALSEGMENTATOR = ("aorta_ct_cropped", "example_ct", "example_ct_sm", "example_mr_sm", "example_seg", "pulm_ct_cropped")


def read_by_itk(path):
    return sitk.ReadImage(str(path))


@pytest.mark.slow
def test_openkbp_is_accepted(realdata):
    dataset = read_source(SourceConfig(realdata / "Dataset501_OpenKBP"))
    manifest = accept(dataset, list(verify_dataset(dataset, tolerance_mm=0.1)), tolerance_mm=0.1)
    assert len(manifest.cases) == 80
    assert len(manifest.complete()) == 27
    assert all(count > 0 for case in manifest.cases.values() for count in case.voxels.values())


def test_a_spleen_has_the_hu_of_a_spleen(realdata):
    folder = realdata / "msd_spleen8"
    volume = read_volume([ImageFile(folder / "spleen_8_image.nii.gz")])
    file = LabelFile(folder / "spleen_8_label.nii.gz", {"spleen": (1,)})
    label = read_labels([file], volume.native, OrganTable(("spleen",)), ("spleen",), 0.1).codes
    assert label.shape == volume.array.shape[:3] == (32, 512, 512)
    spleen = volume.array[label == 1, 0]
    assert 50 < np.median(spleen) < 200  # enhanced spleen; in a wrong orientation there is fat and air
    # Posterior, as its spine. Left is not asked for: by the file's header this spleen lies on the right.
    assert np.argwhere(label)[:, 1].mean() > 256


@pytest.mark.parametrize("name", TOTALSEGMENTATOR)
def test_odd_orientations_round_trip_exactly(realdata, name, tmp_path):
    path = realdata / "totalsegmentator_examples" / f"{name}.nii.gz"
    image = read_by_itk(path)
    reader = SlabReader([ImageFile(path)])
    (_, volume), *_ = reader.slabs(10_000)
    stored = sitk.GetArrayFromImage(image)
    np.testing.assert_array_equal(reader.native.from_lps(volume[..., 0]), np.rint(stored).clip(-32768, 32767))
    written = tmp_path / "label.nii.gz"
    with LabelWriter(written, reader.native) as writer:
        for start, slab in reader.slabs(7):
            writer.write(start, (slab[..., 0] > 0).astype(np.uint8))
    assert Geometry.of(read_by_itk(written)) == Geometry.of(image)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_by_itk(written)), reader.native.from_lps(volume[..., 0] > 0))
