"""Every format with every defect, through the command: refused in one line that names the file and says why, nothing written."""

# ruff: noqa: E501  the tables have one row per line

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from defects import (
    DETACHED,
    FORMS,
    INFINITE,
    LIVER,
    META,
    NIFTI,
    NOISE,
    NOT_FINITE,
    NRRD,
    SINGULAR,
    SKEWED,
    VOLUMES,
    Row,
    as_file,
    as_folder,
    described,
    described_as,
    each,
    image,
    label,
    link_out,
    manifest,
    no_structures,
    other_modality,
    second_channel_of_one_case,
    segments,
    series,
    spaces,
    structures,
    tilted,
    training,
    vectors,
)
from pydicom.uid import EnhancedCTImageStorage, SegmentationStorage

ROWS = [
    # Volume files: bytes.
    *each(NIFTI, "empty file", lambda d: d.image.write_bytes(b""), "unreadable", "is no NIfTI file"),
    *each(NRRD, "empty file", lambda d: d.image.write_bytes(b""), "unreadable", "is no NRRD file"),
    *each(META, "empty file", lambda d: d.image.write_bytes(b""), "unreadable", "is no MetaImage file"),
    *each((".nii",), "cut in the header", lambda d: d.cut(d.image, 100), "unreadable", "expected a header of 348 or 540 bytes"),
    *each((".nii.gz",), "cut in the header", lambda d: d.cut(d.image, 30), "truncated", "the gzip stream has no end"),
    *each(NRRD, "cut in the header", lambda d: d.cut(d.image, 180), "truncated", "the header is not followed by voxels"),
    *each(META, "cut in the header", lambda d: d.cut(d.image, 180), "truncated", "the header has no line 'ElementDataFile"),
    *each((".nii", ".nrrd", ".mha"), "cut in the voxels", lambda d: d.cut(d.image, -30), "truncated", "expected 240 bytes of voxels"),
    *each((".nii.gz",), "cut in the voxels", lambda d: d.cut(d.image, -30), "truncated", "the gzip stream has no end"),
    *each(DETACHED, "cut in the voxels", lambda d: d.cut(d.voxels, -30), "truncated", "of voxels, got 210", file="a.raw"),
    *each((".nii",), "random bytes", lambda d: d.image.write_bytes(NOISE), "unreadable", "is no NIfTI file"),
    *each((".nii.gz",), "random bytes", lambda d: d.image.write_bytes(NOISE), "damaged", "is no sound gzip file"),
    *each(NRRD, "random bytes", lambda d: d.image.write_bytes(NOISE), "unreadable", "is no NRRD file"),
    *each(META, "random bytes", lambda d: d.image.write_bytes(NOISE), "unreadable", "is no MetaImage file"),
    *each((".nii",), "text", lambda d: d.image.write_text("to come\n" * 99), "unreadable", "is no NIfTI file"),
    *each((".nii.gz",), "text", lambda d: d.image.write_text("to come\n" * 99), "damaged", "is no sound gzip file"),
    *each(NRRD, "text", lambda d: d.image.write_text("to come\n" * 99), "unreadable", "expected NRRD0001 to NRRD0005"),
    *each(META, "text", lambda d: d.image.write_text("to come\n" * 99), "unreadable", "expected lines such as 'NDims = 3'"),
    *each((".nii.gz",), "not packed", lambda d: d.image.write_bytes(gzip.decompress(d.image.read_bytes())), "damaged", "gzip"),
    *each((".nii",), "packed", lambda d: d.image.write_bytes(gzip.compress(d.image.read_bytes())), "unreadable", "is packed with gzip, which"),
    *each((".nii",), "an NRRD inside", lambda d: d.files.write_volume(d.root / "x.nrrd", d.files.hu()).replace(d.image), "unreadable", "is no NIfTI file"),
    *each((".mha",), "an NRRD inside", lambda d: d.files.write_volume(d.root / "x.nrrd", d.files.hu()).replace(d.image), "unreadable", "is no MetaImage file"),
    *each((".nrrd",), "a MetaImage inside", lambda d: d.files.write_volume(d.root / "x.mha", d.files.hu()).replace(d.image), "unreadable", "is no NRRD file"),
    *each((".nrrd",), "wrong checksum", lambda d: (image(d.files.hu(), packed=True)(d), d.flip(d.image, -6)), "damaged", "is no sound gzip file"),
    *each((".mha",), "wrong checksum", lambda d: (image(d.files.hu(), packed=True)(d), d.flip(d.image, -1)), "damaged", "is no sound zlib file"),
    *each(VOLUMES, "a folder", lambda d: as_folder(d.image), "missing_file", "expected a file, got a folder"),
    *each(VOLUMES, "a link out of the data set", lambda d: link_out(d, d.image), "outside", "is a link that leads out of the data set"),
    *each((".nii.gz", ".nrrd", ".mha"), "not readable", lambda d: d.unreadable(d.image), "unreadable", "ermission"),
    # Detached voxels.
    *each(DETACHED, "no voxels", lambda d: d.voxels.unlink(), "missing_file", "the header of the volume names it", file="a.raw"),
    *each(DETACHED, "voxels above the header", lambda d: d.replace(d.image, b"a.raw", b"../../a.raw"), "outside", "got '../../a.raw'", file="a.raw"),
    *each(DETACHED, "voxels by an absolute name", lambda d: d.replace(d.image, b"a.raw", b"/dev/zero"), "outside", "got '/dev/zero'", file="zero"),
    *each(DETACHED, "voxels by a link", lambda d: link_out(d, d.voxels), "outside", "is a link that leads out", file="a.raw"),
    *each(DETACHED, "voxels in many files", lambda d: d.replace(d.image, b"a.raw", b"LIST"), "several_files", "expected the name of one file"),
    # Volume files: what the header claims.
    *each(NIFTI, "10^13 voxels", lambda d: d.patch(42, "3h", 30000, 30000, 30000), "truncated", "expected 5400000000"),
    *each((".nrrd", ".mha"), "10^12 voxels", lambda d: d.header((b"sizes: 6 5 4", b"sizes: 10000 10000 10000"), (b"DimSize = 6 5 4", b"DimSize = 10000 10000 10000")), "truncated", "expected 2000000000000 bytes"),
    *each(DETACHED, "10^12 voxels", lambda d: d.header((b"sizes: 6 5 4", b"sizes: 10000 10000 10000"), (b"DimSize = 6 5 4", b"DimSize = 10000 10000 10000")), "truncated", "expected 2000000000000 bytes", file="a.raw"),
    *each(NIFTI, "size 0", lambda d: d.patch(42, "h", 0), "bad_header", "'dim': expected 1 to 7 axes of 1 or more voxels, got 0, 5, 4"),
    *each(NRRD, "size 0", lambda d: d.replace(d.image, b"sizes: 6", b"sizes: 0"), "bad_header", "'sizes': expected whole numbers"),
    *each(META, "size 0", lambda d: d.replace(d.image, b"DimSize = 6", b"DimSize = 0"), "bad_header", "'DimSize': expected 3 whole numbers"),
    *each(NIFTI, "9 axes", lambda d: d.patch(40, "h", 9), "bad_header", "'dim': expected 1 to 7 axes"),
    *each(NRRD, "99 axes", lambda d: d.replace(d.image, b"dimension: 3", b"dimension: 99"), "unreadable", "dimension 99 is outside valid range"),
    *each(META, "99 axes", lambda d: d.replace(d.image, b"NDims = 3", b"NDims = 99"), "bad_header", "'NDims': expected a whole number from 1 to 10"),
    *each(NIFTI, "spacing 0", lambda d: d.patch(80, "f", 0), "bad_header", "'pixdim': expected spacings above 0 mm, got 0, 1.5, 3"),
    *each(NRRD, "spacing 0", lambda d: d.replace(d.image, b"(1.5,0,0)", b"(0,0,0)"), "bad_grid", "spacings above 0"),
    *each(META, "spacing 0", lambda d: d.replace(d.image, b"1.5 1.5 3", b"0 1.5 3"), "bad_header", "3 finite numbers above 0, got '0 1.5 3'"),
    *each(NIFTI, "spacing -1.5", lambda d: d.patch(80, "f", -1.5), "bad_header", "'pixdim': expected spacings above 0 mm, got -1.5"),
    *each(META, "spacing -1.5", lambda d: d.replace(d.image, b"1.5 1.5 3", b"-1.5 1.5 3"), "bad_header", "above 0, got '-1.5 1.5 3'"),
    *each(NIFTI, "spacing NaN", lambda d: d.patch(80, "f", np.nan), "bad_header", "'pixdim': expected spacings above 0 mm, got nan"),
    *each(NRRD, "spacing NaN", lambda d: d.replace(d.image, b"(1.5,0,0)", b"(nan,0,0)"), "unreadable", "cannot be read: [nrrd]"),
    *each(META, "spacing NaN", lambda d: d.replace(d.image, b"1.5 1.5 3", b"nan 1.5 3"), "bad_header", "above 0, got 'nan 1.5 3'"),
    *each(META, "no spacing", lambda d: d.replace(d.image, b"ElementSpacing", b"ElementSpcing"), "bad_header", "'ElementSpacing': expected 3 finite numbers above 0, got 'none'"),
    *each(NIFTI, "position NaN", lambda d: d.patch(292, "f", np.nan), "bad_header", "'qform' or 'sform': expected finite numbers"),
    *each(META, "position NaN", lambda d: d.replace(d.image, b"Offset = 10", b"Offset = nan"), "bad_header", "'Offset': expected 3 finite numbers"),
    *each(NIFTI, "skewed axes", lambda d: (d.patch(252, "2h", 0, 2), d.patch(280, "12f", 1.5, 0.7, 0, 0, 0, 1.5, 0, 0, 0, 0, 3, 0)), "bad_grid", "expected axes at right angles"),
    *each(NRRD, "skewed axes", lambda d: d.replace(d.image, b"(0,1.5,0)", b"(0.7,1.5,0)"), "bad_grid", "expected axes at right angles"),
    *each(META, "skewed axes", lambda d: d.replace(d.image, *SKEWED), "bad_grid", "expected axes at right angles, got the directions 1, 0, 0; 0.5"),
    *each(NIFTI, "axes in one plane", lambda d: (d.patch(252, "2h", 0, 2), d.patch(280, "12f", *[1, 0, 0, 0] * 3)), "bad_header", "'sform': expected spacings above 0 mm"),
    *each(NRRD, "axes in one plane", lambda d: d.replace(d.image, b"(0,1.5,0)", b"(1.5,0,0)"), "bad_grid", "expected axes at right angles"),
    *each(META, "axes in one plane", lambda d: d.replace(d.image, *SINGULAR), "bad_grid", "expected axes at right angles"),
    *each((".nrrd", ".mha"), "texts for voxels", lambda d: d.header((b"type: short", b"type: string"), (b"MET_SHORT", b"MET_STRING")), "bad_header", "expected "),
    *each(META, "voxels as text", lambda d: d.replace(d.image, b"BinaryData = True", b"BinaryData = False"), "bad_header", "voxels written as text are not read"),
    *each((".nii",), "no place of the voxels", lambda d: d.patch(108, "f", np.nan), "bad_header", "'vox_offset': expected the voxels after"),
    *each((".nii",), "voxels in the header", lambda d: d.patch(108, "f", -5), "bad_header", "'vox_offset': expected the voxels after"),
    # Volume files: voxels.
    *each(VOLUMES, "NaN", image(NOT_FINITE), "not_finite", "3 voxels are NaN or infinite"),
    *each(VOLUMES, "infinite", image(INFINITE), "not_finite", "3 voxels are NaN or infinite"),
    *each(VOLUMES, "2D", image(np.arange(30, dtype=np.int16).reshape(5, 6)), "not_3d", "expected a 3D volume, got 2D of 6 × 5 voxels"),
    *each(VOLUMES, "4D", image(np.arange(240, dtype=np.int16).reshape(2, 4, 5, 6)), "not_3d", "got 4D of 6 × 5 × 4 × 2 voxels"),
    *each(VOLUMES, "vectors", vectors, "not_scalar", "expected one number per voxel, got 3"),
    *each(VOLUMES, "complex numbers", image(np.ones((4, 5, 6), np.complex64)), "not_scalar", "expected one number per voxel, got 2"),
    *each(VOLUMES, "one value everywhere", image(np.full((4, 5, 6), -1024, np.int16)), "empty_volume", "every voxel is -1024"),
    # Label maps.
    *each(VOLUMES, "label with fractions", lambda d: label(d.files.box(0.5, np.float32))(d), "fractional_label", "label values 0.5 (4 voxels) are fractions"),
    *each((".nii.gz", ".nrrd", ".mha"), "label with negative values", lambda d: label(d.files.box(-1, np.int16))(d), "unknown_label", "label values -1 (4 voxels)"),
    *each((".nii.gz", ".nrrd", ".mha"), "label with unknown values", lambda d: label(d.files.box(7))(d), "unknown_label", "label values 7 (4 voxels) stand for no organ"),
    *each((".nii.gz", ".nrrd", ".mha"), "label with NaN", lambda d: label(d.files.box(np.nan, np.float32))(d), "not_finite", "4 voxels are NaN"),
    *each((".nii.gz", ".nrrd", ".mha"), "label of complex numbers", lambda d: label(d.files.box(1, np.complex64))(d), "not_scalar", "got 2"),
    *each((".nii.gz", ".nrrd", ".mha"), "label on a moved grid", lambda d: label(d.files.box(), origin=(10, -20, 31))(d), "label_grid", "up to 1 mm apart"),
    *each((".nii.gz", ".nrrd", ".mha"), "label of another size", lambda d: label(d.files.box()[:3])(d), "label_grid", "sizes differ: (6, 5, 4) and (6, 5, 3)"),
    *each((".nii.gz", ".nrrd", ".mha"), "label in 2D", lambda d: label(d.files.box()[1])(d), "not_3d", "got 2D"),
    *each((".nii.gz", ".nrrd", ".mha"), "no label", lambda d: (d.label.unlink(), d.files.write_volume(d.label.with_name(f"b{d.form}"), d.files.box())), "missing_image", "has a label, but no image fits", file="b{}"),
    # Segments.
    Row("seg.nrrd", "empty file", lambda d: d.label.write_bytes(b""), "a.seg.nrrd", "unreadable", "is no NRRD file"),
    Row("seg.nrrd", "cut in the voxels", lambda d: d.cut(d.label, -10), "a.seg.nrrd", "truncated", "expected 120 bytes of voxels, got 110"),
    Row("seg.nrrd", "no such segment", lambda d: d.files.write_segmented_nrrd(d.label, d.files.box(), ["lung"]), "a.seg.nrrd", "unknown_segment", "has no segment 'liver'; its segments: 'lung'"),
    Row("seg.nrrd", "a value that is no number", lambda d: d.replace(d.label, b"LabelValue:=1", b"LabelValue:=x"), "a.seg.nrrd", "bad_segment", "expected a whole number, got 'x'"),
    Row("seg.nrrd", "a layer that is not there", lambda d: d.replace(d.label, b"Layer:=0", b"Layer:=5"), "a.seg.nrrd", "bad_segment", "expected a layer from 0 to 0, got 5"),
    Row("seg.nrrd", "skewed axes", lambda d: d.replace(d.label, b"(0,1.5,0)", b"(0.7,1.5,0)"), "a.seg.nrrd", "bad_grid", "right angles"),
    Row("seg.nrrd", "moved", lambda d: d.replace(d.label, b"(10,-20,30)", b"(10,-20,31)"), "a.seg.nrrd", "label_grid", "up to 1 mm apart"),
    Row("seg.nrrd", "10^12 voxels", lambda d: d.replace(d.label, b"sizes: 6 5 4", b"sizes: 10000 10000 10000"), "a.seg.nrrd", "truncated", "expected 1000000000000 bytes"),
    # DICOM series.
    Row("DICOM", "empty file", lambda d: (d.image / "00.dcm").write_bytes(b""), "00.dcm", "damaged", "(0 bytes)"),
    Row("DICOM", "text", lambda d: (d.image / "00.dcm").write_text("to come"), "00.dcm", "damaged", "named like a DICOM file and is none"),
    Row("DICOM", "random bytes", lambda d: (d.image / "00.dcm").write_bytes(NOISE), "00.dcm", "damaged", "named like a DICOM file and is none"),
    Row("DICOM", "cut in the header", lambda d: d.cut(d.image / "00.dcm", 400), "00.dcm", "truncated", "expected the pixels"),
    Row("DICOM", "cut in the pixels", lambda d: d.cut(d.image / "00.dcm", -9), "00.dcm", "truncated", "ends early: expected 60 bytes of pixels, got 51"),
    Row("DICOM", "no pixels", series(PixelData=None), "00.dcm", "truncated", "expected the pixels"),
    Row("DICOM", "a file for the folder", lambda d: as_file(d.image), "a", "unknown_format", "or a DICOM folder"),
    Row("DICOM", "no files", lambda d: [file.unlink() for file in d.image.iterdir()], "a", "no_images", "got an empty folder"),
    Row("DICOM", "a link out of the data set", lambda d: link_out(d, d.image), "a", "", "is a link that leads out of the data set"),
    Row("DICOM", "a slice by a link", lambda d: link_out(d, d.image / "00.dcm"), "00.dcm", "outside", "is a link that leads out"),
    Row("DICOM", "not readable", lambda d: d.unreadable(d.image / "00.dcm"), "00.dcm", "unreadable", "ermission"),
    Row("DICOM", "colours", series(SamplesPerPixel=3), "00.dcm", "colour", "has 3 colours per pixel"),
    Row("DICOM", "frames", series(NumberOfFrames=5, SOPClassUID=EnhancedCTImageStorage), "00.dcm", "multi_frame", "holds 5 frames"),
    Row("DICOM", "spacing 0", series(PixelSpacing=[0, 1]), "00.dcm", "bad_header", "expected more than 0 mm"),
    Row("DICOM", "no spacing", series(PixelSpacing=None), "00.dcm", "no_pixel_spacing", "has no PixelSpacing"),
    Row("DICOM", "skewed axes", series(ImageOrientationPatient=[1, 0, 0, 0.5, 0.8, 0]), "00.dcm", "bad_header", "unit vectors at right angles"),
    Row("DICOM", "tilted", tilted, "a", "gantry_tilt", "(`uneven: resample` of its source)"),
    Row("DICOM", "a slice is missing", lambda d: (d.image / "01.dcm").unlink(), "a", "uneven_slices", "distances vary from 3 to 6 mm"),
    Row("DICOM", "a slice twice", lambda d: shutil.copy(d.image / "01.dcm", d.image / "copy.dcm"), "a", "duplicate_slices", "lie at the same place"),
    Row("DICOM", "mixed sizes", lambda d: d.files.write_slice(d.image / "9.dcm", np.zeros((7, 6), np.int16), 42), "a", "mixed_sizes", "(5, 6)"),
    Row("DICOM", "two series", lambda d: d.files.write_slice(d.image / "9.dcm", d.files.hu()[0], 42, SeriesInstanceUID="1.9"), "a", "several_series", "choose it for `ingest` by `series`, `modality` or `least_slices`"),
    Row("DICOM", "10^9 pixels", series(Rows=32000, Columns=32000), "00.dcm", "truncated", "expected 32000 × 32000 pixels, got 7"),
    Row("DICOM", "only a segmentation", series(SOPClassUID=SegmentationStorage, Modality="SEG"), "a", "no_images", "DICOM files of other kinds"),
    Row("DICOM", "one value everywhere", lambda d: d.files.write_series(d.image, np.zeros((4, 5, 6), np.int16)), "a", "empty_volume", "every voxel is 0"),
    # DICOM-SEG.
    Row("DICOM-SEG", "empty file", lambda d: d.label.write_bytes(b""), "seg.dcm", "damaged", "(0 bytes)"),
    Row("DICOM-SEG", "cut in the header", lambda d: d.cut(d.label, 1200), "seg.dcm", "unreadable", "cannot be read as DICOM"),
    Row("DICOM-SEG", "cut in the pixels", lambda d: d.cut(d.label, -3), "seg.dcm", "unreadable", "cannot be read as DICOM"),
    Row("DICOM-SEG", "fractions", segments(kind="FRACTIONAL"), "seg.dcm", "fractional_label", "got a FRACTIONAL one"),
    Row("DICOM-SEG", "not readable", lambda d: d.unreadable(d.label), "seg.dcm", "unreadable", "ermission"),
    Row("DICOM-SEG", "of another image", lambda d: (d.files.write_series(d.image, d.files.hu(), ImageOrientationPatient=[0, 1, 0, -1, 0, 0])), "seg.dcm", "label_grid", "does not lie on the grid of its image"),
    Row("DICOM-SEG", "no image", lambda d: shutil.rmtree(d.image), "source", "", "expected DICOM images, got none"),
    Row("DICOM-SEG", "another modality", other_modality, "00.dcm", "modality", "expected CT, as in the cases before, got MR"),
    # RTSTRUCT.
    Row("RTSTRUCT", "empty file", lambda d: d.label.write_bytes(b""), "rt.dcm", "damaged", "(0 bytes)"),
    Row("RTSTRUCT", "cut", lambda d: d.cut(d.label, -9), "rt.dcm", "truncated", "ends early"),
    Row("RTSTRUCT", "no structures", no_structures, "rt.dcm", "no_segments", "expected segments or structures, got none"),
    Row("RTSTRUCT", "open contours", structures({"liver": LIVER}, kind="OPEN_PLANAR"), "rt.dcm", "not_planar", "expected closed contours, got OPEN_PLANAR"),
    Row("RTSTRUCT", "between the slices", structures({"liver": LIVER}, z_mm=1.5), "rt.dcm", "between_slices", "lies between the image's slices"),
    Row("RTSTRUCT", "outside of the image", structures({"liver": LIVER}, z_mm=300), "rt.dcm", "outside_image", "lies outside of the image"),
    # Pictures.
    *each((".png", ".jpg"), "empty file", lambda d: d.image.write_bytes(b""), "unreadable", "is no whole picture"),
    *each((".png", ".jpg"), "cut", lambda d: d.cut(d.image, -25), "unreadable", "is no whole picture"),
    *each((".png", ".jpg"), "random bytes", lambda d: d.image.write_bytes(NOISE), "unreadable", "is no whole picture"),
    *each((".png", ".jpg"), "text", lambda d: d.image.write_text("to come"), "unreadable", "is no whole picture"),
    *each((".png", ".jpg"), "colours", lambda d: d.files.write_picture(d.image, np.zeros((5, 6, 3), np.uint8)), "not_scalar", "set `component` to one of 0 (red)"),
    *each((".png", ".jpg"), "a link out of the data set", lambda d: link_out(d, d.image), "outside", "is a link that leads out"),
    Row(".png", "transparent", lambda d: d.files.write_picture(d.image, np.zeros((5, 6, 2), np.uint8)), "a.png", "alpha", "has transparent pixels"),
    Row(".png", "10^9 pixels", lambda d: d.image.write_bytes(d.image.read_bytes()[:16] + (40000).to_bytes(4) * 2 + d.image.read_bytes()[24:]), "a.png", "unreadable", "is no whole picture"),
    Row(".png", "label of another size", lambda d: d.files.write_picture(d.label, np.zeros((7, 6), np.uint8)), "a.png", "label_grid", "1 slice of 5 × 6 (rows × columns)"),
    Row(".png", "label in colours", lambda d: d.files.write_picture(d.label, np.zeros((5, 6, 3), np.uint8)), "a.png", "not_scalar", "a picture in colours"),
    Row(".jpg", "label as JPEG", lambda d: (d.label.unlink(), d.label.with_suffix(".jpg").write_bytes(d.image.read_bytes()), setattr(d, "label", d.label.with_suffix(".jpg"))), "a.jpg", "lossy_label", "JPEG changes the values"),
    # dataset.json of nnU-Net.
    Row("dataset.json", "empty file", described_as(""), "dataset.json", "", "expected a JSON object"),
    Row("dataset.json", "cut", described_as('{"labels": {"backg'), "dataset.json", "", "expected a JSON object"),
    Row("dataset.json", "a list", described_as("[]"), "dataset.json", "", "expected a JSON object, got a list"),
    Row("dataset.json", "not UTF-8", lambda d: (d.root / "dataset.json").write_bytes(b'{"name": "\xff\xfe"}'), "dataset.json", "", "expected a JSON object"),
    Row("dataset.json", "deeply nested", described_as("[" * 100_000), "dataset.json", "", "expected a JSON object"),
    Row("dataset.json", "no labels", described(labels=None), "dataset.json", "", "'labels': expected an object"),
    Row("dataset.json", "labels with gaps", described(labels={"background": 0, "liver": 5}), "dataset.json", "", "then consecutive values"),
    Row("dataset.json", "a label that is a fraction", described(labels={"background": 0, "liver": 1.5}), "dataset.json", "", "expected a whole number for 'liver'"),
    Row("dataset.json", "a label that is infinite", described_as('{"labels": {"background": 0, "liver": 1e999}, "channel_names": {"0": "CT"}, "file_ending": ".nii.gz"}'), "dataset.json", "", "expected a whole number for 'liver'"),
    Row("dataset.json", "an organ twice", described_as('{"labels": {"background": 0, "liver": 1, "liver": 2}, "channel_names": {"0": "CT"}, "file_ending": ".nii.gz"}'), "dataset.json", "", "each key may stand once, got liver"),
    Row("dataset.json", "a case twice", described_as('{"labels": {"background": 0, "liver": 1}, "channel_names": {"0": "CT"}, "file_ending": ".nii.gz", "annotated": {"a": [], "a": ["liver"]}}'), "dataset.json", "duplicate_id", "names it twice"),
    Row("dataset.json", "an unknown organ", described(annotated={"a": ["lung"]}), "dataset.json", "unknown_organ", "names 'lung', which is not in 'labels'"),
    Row("dataset.json", "no channels", described(channel_names=None), "dataset.json", "", "'channel_names': expected an object"),
    Row("dataset.json", "a channel without a file", described(channel_names={"0": "CT", "1": "PET"}), "a_0001.nii.gz", "missing_file", "no such file"),
    Row("dataset.json", "channels of one case only", second_channel_of_one_case, "b_0001.nii.gz", "missing_file", "no such file"),
    Row("dataset.json", "an ending that leads out", described(file_ending=".x/../../a"), "imagesTr", "", "expected images"),
    Row("dataset.json", "an ending that no file has", described(file_ending=".mha"), "imagesTr", "", "expected images <case>_0000.mha, got none"),
    Row("dataset.json", "the wrong number of cases", described(numTraining=2), "dataset.json", "case_count", "numTraining is 2"),
    Row("dataset.json", "a label that is a folder", lambda d: as_folder(d.label), "a.nii.gz", "missing_file", "got a folder"),
    Row("dataset.json", "a link out of the data set", lambda d: link_out(d, d.label), "a.nii.gz", "outside", "is a link that leads out"),
    Row("dataset.json", "a folder by a link", lambda d: link_out(d, d.root / "imagesTr"), "a_0000.nii.gz", "outside", "is a link that leads out"),
    Row("dataset.json", "two ids that differ in case", lambda d: (d.files.write_volume(d.root / "imagesTr" / "A_0000.nii.gz", d.files.hu(1)), d.files.write_volume(d.root / "labelsTr" / "A.nii.gz", d.files.box()), d.describe(numTraining=2)), "imagesTr", "duplicate_id", "only in upper and lower case"),
    # dataset.json of the MSD.
    Row("msd", "a path that climbs out", training({"image": "../a.nii.gz", "label": "./labelsTr/a.nii.gz"}), "dataset.json", "outside", "expected a name inside of the data set"),
    Row("msd", "an absolute path", training({"image": "/etc/a.nii.gz", "label": "./labelsTr/a.nii.gz"}), "dataset.json", "outside", "got '/etc/a.nii.gz'"),
    Row("msd", "a case twice", training(*[{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}] * 2), "dataset.json", "duplicate_id", "a second image of the case 'a'"),
    Row("msd", "no list", training("a"), "dataset.json", "description", "entry 0: expected"),
    Row("msd", "a case without image", training({"image": "./imagesTr/b.nii.gz", "label": "./labelsTr/a.nii.gz"}), "b.nii.gz", "missing_file", "no such file"),
    Row("msd", "several channels", described(modality={"0": "T1", "1": "T2"}), "dataset.json", "", "2 channels in one 4D file are not supported"),
    # TotalSegmentator.
    Row("totalsegmentator", "an empty mask", lambda d: d.files.write_volume(d.label, np.zeros((4, 5, 6), np.uint8)), "liver.nii.gz", "empty_mask", "say whether it is 'absent' or 'not_annotated'"),
    Row("totalsegmentator", "no image", lambda d: d.image.unlink(), "source", "", "no known layout"),
    Row("totalsegmentator", "two spellings", lambda d: shutil.copy(d.label, d.label.with_name("Liver.nii.gz")), "source", "organ_name", "expected one spelling"),
    # Archives.
    *each((".zip", ".tar.gz"), "empty file", lambda d: d.path.write_bytes(b""), "damaged", "cannot be unpacked", file="archive{}"),
    *each((".zip", ".tar.gz"), "cut", lambda d: d.cut(d.path, -60), "damaged", "cannot be unpacked", file="archive{}"),
    *each((".zip", ".tar.gz"), "random bytes", lambda d: d.path.write_bytes(NOISE), "damaged", "cannot be unpacked", file="archive{}"),
    *each((".zip", ".tar.gz"), "a member that climbs out", lambda d: d.pack(**{"../out.txt": d.root / "dataset.json"}), "outside", "would lead out of the folder", file="archive{}"),
    *each((".zip", ".tar.gz"), "a member with an absolute name", lambda d: d.pack(**{"/out.txt": d.root / "dataset.json"}), "outside", "would lead out of the folder", file="archive{}"),
    Row(".tar.gz", "a link that climbs out", lambda d: d.pack(link="../../etc/passwd"), "archive.tar.gz", "outside", "the link 'link' to '../../etc/passwd'"),
    # The manifest, as `prepare` reads it.
    Row("manifest", "empty file", lambda d: d.path.write_bytes(b""), "manifest.json", "", "expected the manifest as JSON"),
    Row("manifest", "cut", lambda d: d.cut(d.path, -40), "manifest.json", "", "expected the manifest as JSON"),
    Row("manifest", "not UTF-8", lambda d: d.path.write_bytes(b"\xff\xfe{}"), "manifest.json", "", "expected the manifest as JSON"),
    Row("manifest", "a list", lambda d: d.path.write_text("[]"), "manifest.json", "", "expected the manifest in format 2, got none"),
    Row("manifest", "a folder", lambda d: as_folder(d.path), "manifest.json", "", "no such file; expected the manifest"),
    Row("manifest", "an older format", manifest(lambda content: content.update(format=1)), "manifest.json", "", "expected the manifest in format 2, got 1"),
    Row("manifest", "no organs", manifest(lambda content: content.pop("organs")), "manifest.json", "", "has no usable 'organs'"),
    Row("manifest", "a path that climbs out", manifest(lambda content: content["cases"]["a"]["images"][0].update(path="../a.nii.gz")), "manifest.json", "", "expected a name inside of the data set"),
    Row("manifest", "an absolute path", manifest(lambda content: content["cases"]["a"]["labels"][0].update(path="/etc/passwd")), "manifest.json", "", "got '/etc/passwd'"),
    Row("manifest", "no such root", manifest(lambda content: content["cases"]["a"].update(root=7)), "manifest.json", "", "expected the manifest"),
    Row("manifest", "an unknown key of a file", manifest(lambda content: content["cases"]["a"]["images"][0].update(colour="red")), "manifest.json", "", "expected the manifest"),
    Row("manifest", "a number for a path", manifest(lambda content: content["cases"]["a"]["images"][0].update(path=7)), "manifest.json", "", "expected the manifest"),
    Row("manifest", "an image that is gone", lambda d: d.image.unlink(), "a_0000.nii.gz", "", "no such file"),
    Row("manifest", "an image that was cut", lambda d: d.cut(d.image, -30), "a_0000.nii.gz", "", "ends early"),
    Row("manifest", "an image of another size", lambda d: d.files.write_volume(d.image, d.files.hu(shape=(4, 5, 7))), "", "", "run `ingest` again"),
]  # fmt: skip


def test_the_table_is_a_matrix():
    assert len(ROWS) >= 60
    assert len({row.form for row in ROWS}) >= 10
    names = [(row.form, row.defect) for row in ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.form}: {row.defect}")
def test_is_refused_in_one_line_and_nothing_is_written(source_of, ingest, prepare, unreadable, row):
    source = source_of("dataset.json" if row.form == "manifest" else row.form)
    source.unreadable = unreadable
    if row.form == "manifest":
        assert ingest(source).status == 0
        source.path = source.root.with_name("out") / "manifest.json"
    row.make(source)
    outcome = prepare(source.path) if row.form == "manifest" else ingest(source)
    assert outcome.status == 1, outcome
    assert outcome.left == []
    assert len(outcome.error.splitlines()) == 1
    assert "Traceback" not in outcome.error
    found = [(Path(problem["file"]).name, problem["kind"], problem["message"]) for problem in outcome.problems]
    if row.kind and found:
        assert (row.file, row.kind) in [(file, kind) for file, kind, _ in found], outcome
        assert any(row.words in message for _, _, message in found), outcome
        assert not any("\n" in message for _, _, message in found)
    else:
        assert row.words in outcome.error, outcome
        assert row.file in outcome.error


FINE = [
    # form, what is odd about it
    *[(form, "nothing", lambda data: None) for form in FORMS],
    *[(form, "a label in another orientation", lambda d: label(d.files.box(), orientation="RAS")(d)) for form in (*VOLUMES, "DICOM")],
    *[(form, "both in other orientations", lambda d: (image(d.files.hu(), orientation="ASL")(d), label(d.files.box(), orientation="PIR")(d))) for form in VOLUMES],
    *[(form, "a name with spaces and letters of several scripts", spaces) for form in (*NIFTI, ".nrrd", ".mha", ".png", ".jpg")],
    *[(form, "whole numbers stored as fractions", lambda d: label(d.files.box(1, np.float64))(d)) for form in VOLUMES],
    *[(form, "packed voxels", lambda d: image(d.files.hu(), packed=True)(d)) for form in (*NRRD, *META)],
    (".nii.gz", "a file beside it that ITK would read instead", lambda d: [d.files.write_volume(path, d.files.box(value), orientation="LAI") for path, value in ((d.label, 1), (d.label.with_name("a.nii"), 0))]),
    ("DICOM", "names that say nothing of the order", lambda d: [file.rename(file.with_name(f"{9 - n}")) for n, file in enumerate(sorted(d.image.iterdir()))]),
    ("dataset.json", "a link inside of the data set", lambda d: d.label.symlink_to(d.label.rename(d.root / "drawn.nii.gz"))),
]  # fmt: skip


@pytest.mark.parametrize(("form", "odd", "make"), FINE, ids=[f"{form}: {odd}" for form, odd, _ in FINE])
def test_is_taken(source_of, ingest, form, odd, make):
    source = source_of("dataset.json" if form == "manifest" else form)
    make(source)
    outcome = ingest(source)
    assert (outcome.status, outcome.error) == (0, ""), outcome
    (case,) = json.loads((source.root.with_name("out") / "manifest.json").read_text())["cases"].values()
    assert (case["annotated"], case["voxels"]) == (["liver"], {"liver": 4})
