"""Names and colours as viewers read them, byte by byte."""

from tfpartial.pictures.colour_files import write_slicer_colours, write_snap_labels

NAMES = ("liver", "left  kidney", 'the "spleen"')


def test_a_colour_table_of_slicer(tmp_path):
    write_slicer_colours(NAMES, tmp_path / "organs.ctbl")
    assert (tmp_path / "organs.ctbl").read_bytes() == (
        b"# Color table file organs.ctbl\n"
        b"# 4 values\n"
        b"0 background 0 0 0 0\n"
        b"1 liver 255 93 93 255\n"
        b"2 left_kidney 76 201 240 255\n"
        b'3 the_"spleen" 255 209 102 255\n'
    )


def test_a_label_description_of_itk_snap(tmp_path):
    write_snap_labels(NAMES, tmp_path / "organs.txt")
    assert (tmp_path / "organs.txt").read_bytes() == (
        b"################################################\n"
        b"# ITK-SnAP Label Description File\n"
        b"# File format:\n"
        b"# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL\n"
        b"# Fields:\n"
        b"#    IDX:   Zero-based index\n"
        b"#    -R-:   Red color component (0..255)\n"
        b"#    -G-:   Green color component (0..255)\n"
        b"#    -B-:   Blue color component (0..255)\n"
        b"#    -A-:   Label transparency (0.00 .. 1.00)\n"
        b"#    VIS:   Label visibility (0 or 1)\n"
        b"#    IDX:   Label mesh visibility (0 or 1)\n"
        b"#  LABEL:   Label description\n"
        b"################################################\n"
        b'    0     0    0    0        0  0  0    "Clear Label"\n'
        b'    1   255   93   93        1  1  1    "liver"\n'
        b'    2    76  201  240        1  1  1    "left kidney"\n'
        b"    3   255  209  102        1  1  1    \"the 'spleen'\"\n"
    )
