"""The picture of a result folder's learning curves."""

from curves import draw, main

HEADER = "alpha,method,steps,seconds,val_dsc,val_dsc_liver,val_dsc_spleen"


def drawn(folder, rows: str) -> bytes:
    (folder / "metrics.csv").write_text(f"{HEADER}\n{rows}")
    draw(folder, folder / "curves.png")
    return (folder / "curves.png").read_bytes()


def test_every_number_changes_the_picture(tmp_path):
    rows = "0.3,certain,100,60,0.2,0.3,\n0.3,certain,200,120,0.4,0.5,\n0.3,naive,200,120,0.1,0.1,\n"
    first = drawn(tmp_path, rows)
    assert first[:4] == b"\x89PNG"
    assert drawn(tmp_path, rows) == first
    for old, new in (("0.4,0.5", "0.6,0.5"), ("0.4,0.5", "0.4,0.7"), ("200,120", "200,180"), ("naive", "other")):
        assert drawn(tmp_path, rows.replace(old, new)) != first, (old, new)


def test_an_epoch_without_validation_is_left_out(tmp_path):
    rows = "0.3,certain,100,60,0.2,0.3,\n"
    assert drawn(tmp_path, rows + "0.3,certain,200,120,,,\n") == drawn(tmp_path, rows)


def test_needs_a_folder_and_a_picture(capsys):
    assert main(["one"]) == 2
    assert "docs/curves.py" in capsys.readouterr().err
