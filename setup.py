"""Installation. The stage folders of the top level are installed under the library's name."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "tfpartial" / "__init__.py").read_text()).group(1)
STAGES = {f"tfpartial.{folder}": folder for folder in ("data_prep", "train", "evaluate")}
PLOTS = ["matplotlib>=3.9,<4"]
DICOM = ["highdicom>=0.26,<1", "pydicom>=3.0,<4"]
DISTRIBUTED = ["distributed>=2025.1,<2027"]  # pins the dask of the same day
HUB = ["keras-hub>=0.32,<1"]  # other networks, and its own files of weights
DEVELOPMENT = [
    "hypothesis>=6.100,<7",
    "jax>=0.7,<1",
    "medicai>=0.0.4,<0.1",  # its networks are brought in a test
    "mypy>=1.15,<3",
    "nibabel>=5.3,<6",
    "pytest>=8.3,<10",
    "pytest-xdist>=3.6,<4",
    "ruff>=0.12,<1",
    "scipy-stubs>=1.15,<2",
    "tensorflow-serving-api>=2.19,<3",
    "types-PyYAML>=6,<7",
]
MUTANTS = ["cosmic-ray>=8.4,<9", "coverage>=7.6,<8"]

setup(
    name="tfpartial",
    version=VERSION,
    description="Train multi-organ CT segmentation networks from partially labeled volumes (TensorFlow / Keras 3)",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    packages=[*find_packages(include=["tfpartial", "tfpartial.*"]), *STAGES],
    package_dir={"tfpartial": "tfpartial", **STAGES},
    package_data={"tfpartial": ["py.typed"], "tfpartial.report": ["style.css", "page.js", "templates/*"]},
    install_requires=[
        "docstring-parser>=0.15,<1",
        "h5py>=3.11,<4",
        "isal>=1.7,<2",
        "jinja2>=3.1,<4",
        "jsonargparse[signatures]>=4.49,<5",
        "keras>=3.15,<4",
        "numpy>=2.0,<3",
        "pillow>=11,<14",
        "pandas>=2.2,<4",
        "PyYAML>=6,<7",
        "rich>=13.9,<16",
        "scikit-image>=0.25,<1",
        "scikit-learn>=1.6,<2",
        "scipy>=1.15,<2",
        "SimpleITK>=2.4,<3",
        "tensorboard>=2.19,<3",
        "tensorflow>=2.21,<2.22",
    ],
    extras_require={
        "plots": PLOTS,
        "dicom": DICOM,
        "distributed": DISTRIBUTED,
        "hub": HUB,
        "mutants": MUTANTS,
        "dev": [*PLOTS, *DICOM, *DISTRIBUTED, *HUB, *DEVELOPMENT],
    },
    entry_points={"console_scripts": ["tfpartial = tfpartial.cli:main"]},
)
