"""Reading real volumes; skipped where they are not there."""

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.dataset import read_dataset
from tfpartial.data.geometry import Geometry
from tfpartial.data.slabs import LabelWriter, SlabReader
from tfpartial.data.verify import accept, verify_dataset
from tfpartial.data.volume import from_lps, lps_array, read_image, read_label, read_volume, to_lps
from tfpartial.labels import OrganTable

TOTALSEGMENTATOR = ("aorta_ct_cropped", "example_ct", "example_ct_sm", "example_mr_sm", "example_seg", "pulm_ct_cropped")


@pytest.mark.slow
def test_openkbp_is_accepted(realdata):
    dataset = read_dataset(realdata / "Dataset501_OpenKBP")
    manifest = accept(dataset, list(verify_dataset(dataset, tolerance_mm=0.1)), tolerance_mm=0.1)
    assert len(manifest.cases) == 80
    assert len(manifest.complete()) == 27
    assert all(count > 0 for case in manifest.cases.values() for count in case.voxels.values())


def test_a_spleen_has_the_hu_of_a_spleen(realdata):
    folder = realdata / "msd_spleen8"
    volume = read_volume([folder / "spleen_8_image.nii.gz"])
    label = read_label(folder / "spleen_8_label.nii.gz", volume.native, 0.1, OrganTable(("spleen",)))
    assert label.shape == volume.array.shape[:3] == (32, 512, 512)
    spleen = volume.array[label == 1, 0]
    assert 50 < np.median(spleen) < 200  # enhanced spleen; in a wrong orientation there is fat and air
    # Posterior, as its spine. Left is not asked for: by the file's header this spleen lies on the right.
    assert np.argwhere(label)[:, 1].mean() > 256


@pytest.mark.parametrize("name", TOTALSEGMENTATOR)
def test_odd_orientations_round_trip_exactly(realdata, name, tmp_path):
    path = realdata / "totalsegmentator_examples" / f"{name}.nii.gz"
    image = read_image(path)
    back = from_lps(to_lps(image), Geometry.of(image))
    assert Geometry.of(back) == Geometry.of(image)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(image))
    reader = SlabReader([path])
    written = tmp_path / "label.nii.gz"
    with LabelWriter(written, reader.native) as writer:
        for start, slab in reader.slabs(7):
            writer.write(start, (slab[..., 0] > 0).astype(np.uint8))
    assert Geometry.of(read_image(written)) == Geometry.of(image)
    np.testing.assert_array_equal(lps_array(read_image(written)), lps_array(image) > 0)
