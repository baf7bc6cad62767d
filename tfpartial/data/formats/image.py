"""Opens one channel of a case, whatever its format."""

from __future__ import annotations

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.opened import OpenImage
from tfpartial.data.formats.picture import PICTURES, open_picture
from tfpartial.data.formats.volume_file import VolumeFile, is_volume_file


def open_image(image: ImageFile) -> OpenImage:
    """Opens an image by what its path is: a folder is a DICOM series, a picture one slice, anything else a volume file.

    Raises:
        FileError: the file is not there, cannot be read, or makes no grid.
    """
    if image.path.is_dir() and not is_volume_file(image.path):
        # pydicom comes with an extra.
        from tfpartial.data.formats.dicom_series import open_series

        return open_series(image)
    if image.path.suffix.lower() in PICTURES:
        return open_picture(image)
    return VolumeFile(image.path, image.nifti_form)
